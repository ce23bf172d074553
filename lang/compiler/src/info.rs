//! What the checker finds out and emission reads: objects, and facts about nodes in side tables.
//!
//! Tables are keyed by `ExprId` (unique in the session) and by the position of declaring identifiers (`Ident::span.lo`, unique too).
//! The checker alone writes here; emission runs only when no error was reported, so every entry it needs is there.

use crate::constant::Value;
use crate::types::{NamedId, PkgId, TParamId, TyId};
use gol_syntax::ast::{BlockId, ExprId, StmtId, Sym};
use gol_syntax::span::Span;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::num::NonZeroU32;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ObjId(pub u32);

/// Predeclared functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Builtin {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    Sizeof,
    Alignof,
    Offsetof,
    /// Functions of package unsafe that make pointers: refused.
    UnsafeAdd,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ObjKind {
    /// Package-level variable (also the top-level variables of scripts and the prompt).
    Global,
    /// Local variable, parameter, result, receiver.
    Local,
    Const(Value),
    /// A type name; `Obj::ty` is the type. Alias or defined.
    Type,
    /// Package-level function. Body in `FuncFacts`.
    Func,
    /// Method, declared on this type; `ptr`: with pointer receiver.
    Method {
        recv: NamedId,
        ptr: bool,
    },
    Builtin(Builtin),
    Nil,
    Pkg(PkgId),
}

#[derive(Clone, Debug)]
pub struct Obj {
    pub name: Sym,
    pub kind: ObjKind,
    pub ty: TyId,
    pub pkg: PkgId,
    /// Where it is declared (the identifier), or an empty span for predeclared ones.
    pub span: Span,
    /// Variables: its address is taken (explicitly, by a pointer method call, by slicing an array).
    pub addr_taken: bool,
    /// Variables: used in a function literal (or `go {}`, `defer {}`, `par`) inside the one that declares it.
    pub captured: bool,
    /// Variables: assigned again after its declaration (for loop variables of three-part loops: in the body or by the post statement counts only when captured).
    pub reassigned: bool,
    pub used: bool,
}

impl Obj {
    /// The variable lives in a heap object of its own.
    pub fn boxed(&self) -> bool {
        matches!(self.kind, ObjKind::Local) && (self.addr_taken || self.captured && self.reassigned)
    }
}

/// What an expression denotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Already reported.
    Invalid,
    /// A call without result.
    NoValue,
    Builtin(Builtin),
    Type,
    /// [`Info::value`] holds it.
    Const,
    /// Addressable.
    Var,
    /// `m[k]`: assignable, not addressable; also comma-ok.
    MapIndex,
    Value,
    /// A value that may give a second, boolean one: receive and type assertion.
    CommaOk,
    Nil,
    Pkg(PkgId),
}

#[derive(Clone, Copy, Debug)]
pub struct ExprInfo {
    pub mode: Mode,
    /// Final type: untyped constants and nil have got the type that their context gave them (or their default). A call with several
    /// results has a Tuple. For comma-ok forms in a two-value context: the Tuple (T, bool).
    pub ty: TyId,
    /// See [`Info::value`].
    value: Option<ValueId>,
}

impl ExprInfo {
    /// There is a value ([`Info::value`]).
    pub fn is_constant(&self) -> bool {
        self.value.is_some()
    }
}

/// The place of a constant's value in the list of them: few expressions are constant, and the table of all expressions is large.
#[derive(Clone, Copy, Debug)]
struct ValueId(NonZeroU32);

/// How `x.f` finds `f`.
#[derive(Clone, PartialEq, Debug)]
pub enum SelKind {
    /// A field: `path` leads to it; its last index is the field itself.
    Field,
    /// A concrete method as a call's function or as a method value; `path` leads to the embedded receiver.
    Method(ObjId),
    /// A method of an interface value (possibly of an embedded interface: `path`).
    IfaceMethod,
    /// `T.m` or `(*T).m`: a method expression. Its ExprInfo.ty is the function type with the receiver first.
    MethodExpr(ObjId),
    /// Method expression of an interface type.
    IfaceMethodExpr,
    /// A method of a value whose type is a type parameter (`recv`), as a call's function or as a method value; with the
    /// type argument in place it is a `Method` or an `IfaceMethod` of that.
    TypeParamMethod,
    /// `T.m` for a type parameter `T`.
    TypeParamMethodExpr,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Selection {
    pub kind: SelKind,
    /// Field indices through embedded structs, from the operand's type; pointers on the way are dereferenced.
    pub path: FieldPath,
    /// Type of the operand `x` (for method expressions: the receiver type as written). In bodies of generic functions it may
    /// mention type parameters.
    pub recv: TyId,
    pub name: Sym,
    /// The method's name is unexported: package that it belongs to, else PkgId(0).
    pub name_pkg: PkgId,
    /// Arguments for the method's own type parameters, written (`x.m[int]`) or inferred; those of its receiver follow from `recv`.
    pub targs: Vec<TyId>,
}

/// Indices of fields, each in the one before; most are short.
pub type FieldPath = SmallVec<[u32; 4]>;

/// What emission needs about a function body: declarations and literals.
#[derive(Clone, Debug)]
pub struct FuncFacts {
    /// Function type without receiver.
    pub sig: TyId,
    pub recv: Option<ObjId>,
    /// Type parameters of a generic function; of a method: those of its receiver as it names them, in the order of
    /// the receiver's type arguments, then its own.
    pub tparams: Vec<TParamId>,
    /// One per parameter word group; unnamed and `_` parameters have objects too.
    pub params: Vec<ObjId>,
    pub results: Vec<ObjId>,
    pub named_results: bool,
    pub body: Option<BlockId>,
    /// Free local variables, in order of first use, transitively for inner literals.
    pub captures: Vec<ObjId>,
    /// Contains defer (of its own, not of inner literals).
    pub has_defer: bool,
    pub has_recover: bool,
}

/// `var a, b = f()` at package level, in initialisation order.
#[derive(Clone, Debug)]
pub struct Init {
    /// `None` for `_`.
    pub lhs: Vec<Option<ObjId>>,
    pub rhs: ExprId,
}

/// One checked package, or script, or line of the prompt.
#[derive(Clone, Debug, Default)]
pub struct PkgFacts {
    pub path: String,
    pub name: String,
    pub imports: Vec<PkgId>,
    /// In dependency order. Scripts have none: their variables are initialised by their statements.
    pub inits: Vec<Init>,
    /// `func init()`, in order.
    pub init_funcs: Vec<ObjId>,
    /// All functions and methods with or without body, in source order.
    pub funcs: Vec<ObjId>,
    /// Scripts: the top-level statements to run, in order.
    pub script: Vec<StmtId>,
    /// Facts of the script's body as a function (defers, captures never).
    pub script_has_defer: bool,
    /// `main.main`; in scripts only when the top level never calls it.
    pub main: Option<ObjId>,
    /// Prompt: the last statement, an expression whose value is to be printed.
    pub print_last: Option<StmtId>,
}

#[derive(Default)]
pub struct Info {
    /// By ExprId index.
    exprs: Vec<Option<ExprInfo>>,
    values: Vec<Value>,
    /// What an `Expr::Name` (or the qualified `pkg.Name` Select as a whole) refers to.
    pub uses: Uses,
    /// Twins that are called ([`crate::check`], `twin.rs`), and the functions that they stand for.
    pub twins: FxHashMap<ObjId, ObjId>,
    /// Objects by the position of the declaring identifier. In `a, b := …` only new variables are here; others are in `uses`.
    pub defs: FxHashMap<u32, ObjId>,
    /// The variable of a type switch, by the position of each clause (`Clause::span.lo`).
    pub implicits: FxHashMap<u32, ObjId>,
    pub selections: ByExpr<Selection>,
    /// Type arguments of each use of a generic function, by the index expression if there is one, else by the name or
    /// selector (those of methods are in `selections`). They may mention type parameters of the function around.
    pub instances: FxHashMap<ExprId, Vec<TyId>>,
    /// Type parameters of generic functions and methods (as in their facts), known before their bodies.
    pub tparams: FxHashMap<ObjId, Vec<TParamId>>,
    pub objs: Vec<Obj>,
    /// Declared functions by object.
    pub funcs: FxHashMap<ObjId, FuncFacts>,
    /// Function literals.
    pub lits: FxHashMap<ExprId, FuncFacts>,
    /// Bodies that are functions without being expressions: `go {}`, `defer {}` blocks (by BlockId), statements of `par`
    /// and the body of `par for` (by StmtId).
    pub block_funcs: FxHashMap<BlockId, FuncFacts>,
    pub stmt_funcs: FxHashMap<StmtId, FuncFacts>,
    /// Composite literals' resolved types are in `exprs`; for `[...]T` too.
    pub pkgs: Vec<PkgFacts>,
}

/// Objects by `ExprId`: most names have one, so it is a list.
#[derive(Default)]
pub struct Uses(Vec<ObjId>);

impl Uses {
    /// No object.
    const NONE: ObjId = ObjId(u32::MAX);

    /// So many expressions there are.
    fn make_room(&mut self, count: usize) {
        grow(&mut self.0, count, Uses::NONE);
    }
    pub fn get(&self, e: &ExprId) -> Option<&ObjId> {
        self.0.get(e.ix()).filter(|&&o| o != Uses::NONE)
    }
    pub fn contains_key(&self, e: &ExprId) -> bool {
        self.get(e).is_some()
    }
    pub fn insert(&mut self, e: ExprId, obj: ObjId) {
        self.0[e.ix()] = obj;
    }
}

/// Facts of some expressions, by `ExprId`: where each lies in a list of them.
pub struct ByExpr<T> {
    /// The place in the list, counted from 1; 0: nothing.
    places: Vec<u32>,
    list: Vec<T>,
}

impl<T> Default for ByExpr<T> {
    fn default() -> ByExpr<T> {
        ByExpr { places: vec![], list: vec![] }
    }
}

impl<T> ByExpr<T> {
    /// So many expressions there are.
    fn make_room(&mut self, count: usize) {
        if self.places.is_empty() {
            // Zeros cost nothing where nothing else is written.
            self.places = vec![0; count + count / 8];
        }
        grow(&mut self.places, count, 0);
    }
    #[inline]
    fn place(&self, e: ExprId) -> Option<usize> {
        (self.places.get(e.ix()).copied()? as usize).checked_sub(1)
    }
    #[inline]
    pub fn get(&self, e: &ExprId) -> Option<&T> {
        self.list.get(self.place(*e)?)
    }
    pub fn get_mut(&mut self, e: &ExprId) -> Option<&mut T> {
        let place = self.place(*e)?;
        self.list.get_mut(place)
    }
    pub fn contains_key(&self, e: &ExprId) -> bool {
        self.place(*e).is_some()
    }
    pub fn insert(&mut self, e: ExprId, fact: T) {
        match self.place(e) {
            Some(place) => self.list[place] = fact,
            None => {
                self.list.push(fact);
                self.places[e.ix()] = self.list.len() as u32;
            }
        }
    }
}

/// Makes a table by expressions so long. Library packages follow a program with a little more each, packages of its own with much
/// more: who outgrows the table once may do so again.
fn grow<T: Copy>(table: &mut Vec<T>, count: usize, nothing: T) {
    if table.capacity() < count {
        let spare = if table.is_empty() { count / 8 } else { count };
        table.reserve_exact(count + spare - table.len());
    }
    if table.len() < count {
        table.resize(count, nothing);
    }
}

impl Info {
    pub fn obj(&self, id: ObjId) -> &Obj {
        &self.objs[id.0 as usize]
    }
    pub fn add_obj(&mut self, obj: Obj) -> ObjId {
        self.objs.push(obj);
        ObjId(self.objs.len() as u32 - 1)
    }
    pub fn obj_mut(&mut self, id: ObjId) -> &mut Obj {
        &mut self.objs[id.0 as usize]
    }
    /// Facts of an expression; emission calls it only after a check without errors.
    pub fn expr(&self, e: ExprId) -> Option<&ExprInfo> {
        self.exprs.get(e.ix())?.as_ref()
    }
    /// The value of a constant, represented in its type (rounded, in range).
    pub fn value(&self, e: ExprId) -> Option<&Value> {
        self.value_of(self.expr(e)?)
    }
    pub fn value_of(&self, info: &ExprInfo) -> Option<&Value> {
        Some(&self.values[info.value?.0.get() as usize - 1])
    }
    /// Something may be found out about any of so many expressions.
    pub fn make_room(&mut self, count: usize) {
        let added = count.saturating_sub(self.exprs.len());
        // Of so many expressions one declares something, or is constant.
        self.defs.reserve(added / 10);
        self.objs.reserve(added / 6);
        self.values.reserve(added / 4);
        grow(&mut self.exprs, count, None);
        self.uses.make_room(count);
        self.selections.make_room(count);
    }
    /// Writes down what is known of an expression.
    #[inline]
    pub fn set_expr(&mut self, e: ExprId, mode: Mode, ty: TyId, value: Option<Value>) {
        match value {
            None => self.exprs[e.ix()] = Some(ExprInfo { mode, ty, value: None }),
            Some(v) => self.set_constant(e, mode, ty, v),
        }
    }
    #[inline(never)]
    pub fn set_constant(&mut self, e: ExprId, mode: Mode, ty: TyId, value: Value) {
        let value = Some(self.keep(e.ix(), value));
        self.exprs[e.ix()] = Some(ExprInfo { mode, ty, value });
    }
    fn keep(&mut self, i: usize, v: Value) -> ValueId {
        match self.exprs[i].and_then(|old| old.value) {
            Some(id) => {
                self.values[id.0.get() as usize - 1] = v;
                id
            }
            None => {
                self.values.push(v);
                ValueId(NonZeroU32::new(self.values.len() as u32).expect("fewer values than expressions"))
            }
        }
    }
    /// Gives an expression that is a constant another type, with the value as one of it.
    pub fn retype(&mut self, e: ExprId, ty: TyId, value: &Value) {
        if let Some(ExprInfo { ty: old, value: Some(id), .. }) = &mut self.exprs[e.ix()] {
            *old = ty;
            self.values[id.0.get() as usize - 1].clone_from(value);
        }
    }
    /// Gives an expression that is known another type.
    pub fn set_type(&mut self, e: ExprId, ty: TyId) {
        if let Some(Some(info)) = self.exprs.get_mut(e.ix()) {
            info.ty = ty;
        }
    }
}
