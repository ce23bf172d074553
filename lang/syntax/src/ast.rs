//! The tree: nodes in arenas, ids, spans.
//!
//! One [`Ast`] holds everything that a session has parsed (main program, library packages, prompt lines), so an id is
//! unique in the session and facts about nodes (types, constants, objects) are dense side tables indexed by id.
//! Nodes are never changed after parsing. Lists own what they hold; freeing is not recursive.
//! Types and values are one sort of node, [`Expr`], as in go/ast; the checker settles which is which.

use crate::depth::Depths;
use crate::lists::Lists;
pub use crate::names::{Interner, Sym};
use crate::span::Span;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::ops::Range;

macro_rules! ids { ($($(#[$doc:meta])* $n:ident)*) => { $(
    $(#[$doc])*
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
    pub struct $n(std::num::NonZeroU32);
    impl $n {
        /// The id of the node at index `i` of its arena.
        pub fn new(i: usize) -> $n {
            $n(std::num::NonZeroU32::new(i as u32 + 1).expect("an arena holds at most 2^32 - 2 nodes"))
        }
        pub fn ix(self) -> usize { self.0.get() as usize - 1 }
    }
)* } }
ids! {
    /// An expression or a type.
    ExprId
    StmtId
    BlockId
}

/// A list of expressions. Most have one or two, for which nothing is allocated.
pub type Ids = smallvec::SmallVec<[ExprId; 4]>;

/// Names that are declared together: most often one, for which nothing is allocated.
pub type Idents = smallvec::SmallVec<[Ident; 1]>;

/// A name where it stands. `span.lo` is unique in the session, so it also names the declaration made there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Ident {
    pub sym: Sym,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LitKind {
    Int,
    Float,
    Imag,
    Rune,
    /// gol's own: `500ms`, `1h30m`.
    Duration,
}

/// A literal with its source text; the checker decodes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lit {
    pub kind: LitKind,
    pub sym: Sym,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum BinOp {
    LOr,
    LAnd,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Or,
    Xor,
    Mul,
    Div,
    Rem,
    And,
    AndNot,
    Shl,
    Shr,
}

impl BinOp {
    /// Go's five levels; 5 binds tightest.
    pub fn prec(self) -> u8 {
        use BinOp::*;
        match self {
            LOr => 1,
            LAnd => 2,
            Eq | Ne | Lt | Le | Gt | Ge => 3,
            Add | Sub | Or | Xor => 4,
            Mul | Div | Rem | And | AndNot | Shl | Shr => 5,
        }
    }
    pub fn text(self) -> &'static str {
        use BinOp::*;
        match self {
            LOr => "||",
            LAnd => "&&",
            Eq => "==",
            Ne => "!=",
            Lt => "<",
            Le => "<=",
            Gt => ">",
            Ge => ">=",
            Add => "+",
            Sub => "-",
            Or => "|",
            Xor => "^",
            Mul => "*",
            Div => "/",
            Rem => "%",
            And => "&",
            AndNot => "&^",
            Shl => "<<",
            Shr => ">>",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnOp {
    Plus,
    Neg,
    Not,
    /// `^x`
    Xor,
    /// `*x`: dereference, or a pointer type.
    Deref,
    Addr,
    /// `~T` in a constraint.
    Tilde,
    Recv,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Dir {
    Both,
    Send,
    Recv,
}

/// A parameter, result, receiver or type parameter; after grouping `a, b int` is two of them.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: Option<Ident>,
    pub ty: Option<ExprId>,
    /// `...T`
    pub dots: bool,
}

#[derive(Clone, Debug)]
pub struct Sig {
    pub params: Vec<Param>,
    pub results: Vec<Param>,
    pub span: Span,
}

/// `a, b T "tag"`; no names: embedded.
#[derive(Clone, Debug)]
pub struct Field {
    pub names: Idents,
    pub ty: ExprId,
    pub tag: Option<Sym>,
}

#[derive(Clone, Debug)]
pub enum IfaceElem {
    Method(Ident, Sig),
    /// An embedded interface, or a union of terms (`Binary(Or, …)`, `Unary(Tilde, …)`).
    Embed(ExprId),
}

/// `key: value` in a composite literal.
#[derive(Clone, Copy, Debug)]
pub struct Elem {
    pub key: Option<ExprId>,
    pub value: ExprId,
}

/// A piece of `$"…"`.
#[derive(Clone, Copy, Debug)]
pub enum InterpPart {
    /// Decoded text (escapes and doubled braces resolved).
    Text(Sym),
    /// `{x}` or `{x:%5.2f}`; the verb with its percent sign.
    Value(ExprId, Option<Sym>),
}

/// Expressions and types alike.
#[derive(Clone, Debug)]
pub enum Expr {
    /// Something that did not parse; already reported.
    Bad,
    Name(Sym),
    Lit(Lit),
    /// A string literal with its quotes, as in the source.
    Str(Sym),
    Interp(Vec<InterpPart>),
    Paren(ExprId),
    FuncLit(Box<Sig>, BlockId),
    /// `T{…}`; the type is missing in an inner literal whose type is elided.
    CompLit(Option<ExprId>, Vec<Elem>),
    Select(ExprId, Ident),
    /// Index or instantiation; several operands only for the latter.
    Index(ExprId, Ids),
    /// `x[i:j:k]`; the flag says that there are two colons.
    SliceExpr(ExprId, [Option<ExprId>; 3], bool),
    /// `x.(T)`; `None` is `x.(type)`.
    TypeAssert(ExprId, Option<ExprId>),
    /// Call or conversion; the flag says that the last argument has `...`.
    Call(ExprId, Ids, bool),
    Unary(UnOp, ExprId),
    /// Left-deep chains can be long: walk the left spine in a loop.
    Binary(BinOp, ExprId, ExprId),
    /// `[n]T`; `None` is `[...]T`.
    Array(Option<ExprId>, ExprId),
    Slice(ExprId),
    Map(ExprId, ExprId),
    Chan(Dir, ExprId),
    Func(Box<Sig>),
    Struct(Vec<Field>),
    Interface(Vec<IfaceElem>),
}

#[derive(Clone, Copy, Debug)]
pub enum ImportName {
    None,
    /// `import . "p"`
    Dot,
    /// `import q "p"`, also `_`.
    Name(Ident),
}

#[derive(Clone, Copy, Debug)]
pub struct ImportSpec {
    pub name: ImportName,
    /// The literal with its quotes.
    pub path: Sym,
    pub span: Span,
}

/// A line of a `var` or `const` declaration.
#[derive(Clone, Debug)]
pub struct VarSpec {
    pub names: Idents,
    pub ty: Option<ExprId>,
    pub values: Ids,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct TypeSpec {
    pub name: Ident,
    pub tparams: Option<Vec<Param>>,
    pub alias: bool,
    pub ty: ExprId,
}

#[derive(Clone, Debug)]
pub struct FuncDecl {
    pub recv: Option<Param>,
    pub name: Ident,
    pub tparams: Option<Vec<Param>>,
    pub sig: Sig,
    /// Missing for natives of the library.
    pub body: Option<BlockId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    Default,
    /// switch: `Exprs`; select: `Exprs`/`Assign`/`Define` of a receive, `Send`, or `After`.
    Case(StmtId),
    /// Did not parse; already reported.
    Bad,
}

#[derive(Clone, Debug)]
pub struct Clause {
    pub kind: ClauseKind,
    pub body: Vec<StmtId>,
    /// From the keyword to the colon.
    pub head: Span,
    /// The whole clause.
    pub span: Span,
}

/// `if init; cond`: the condition of an `if` is an `Exprs` of one; a type switch's may be `Define` of `x.(type)`.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub init: Option<StmtId>,
    pub cond: Option<StmtId>,
}

#[derive(Clone, Debug)]
pub enum ForHeader {
    /// `for {}` and `for cond {}`.
    Cond(Option<StmtId>),
    Three(Option<StmtId>, Option<StmtId>, Option<StmtId>),
    Range {
        vars: Ids,
        define: bool,
        over: ExprId,
    },
}

#[derive(Clone, Debug)]
pub enum Stmt {
    /// Something that did not parse; already reported.
    Bad,
    Package(Ident),
    Import(Vec<ImportSpec>),
    Func(Box<FuncDecl>),
    Var(Vec<VarSpec>),
    Const(Vec<VarSpec>),
    Type(Vec<TypeSpec>),
    /// An expression statement has one; more only in a case.
    Exprs(Ids),
    Send(ExprId, ExprId),
    /// `x++` (Add) and `x--` (Sub).
    IncDec(BinOp, ExprId),
    OpAssign(BinOp, ExprId, ExprId),
    Assign(Ids, Ids),
    Define(Ids, Ids),
    Labeled(Ident, Option<StmtId>),
    Go(ExprId),
    GoBlock(BlockId),
    Defer(ExprId),
    DeferBlock(BlockId),
    /// `par { … }`: each statement of the block a goroutine, joined at the end.
    Par(BlockId),
    /// `par for …`: the statement is the `For`.
    ParFor(StmtId),
    /// `case after d:`; only as the statement of a select clause.
    After(ExprId),
    Return(Ids),
    Break(Option<Ident>),
    Continue(Option<Ident>),
    Goto(Ident),
    Fallthrough,
    Block(BlockId),
    If(Header, BlockId, Option<StmtId>),
    For(ForHeader, BlockId),
    Switch(Header, Vec<Clause>),
    Select(Vec<Clause>),
}

#[derive(Clone, Debug)]
pub struct Block {
    pub stmts: Vec<StmtId>,
    /// With the braces.
    pub span: Span,
}

/// All nodes of a session.
#[derive(Default)]
pub struct Ast {
    exprs: Vec<Expr>,
    espans: Vec<Span>,
    stmts: Vec<Stmt>,
    sspans: Vec<Span>,
    blocks: Vec<Block>,
    /// Bodies that are not parsed yet.
    put_off: FxHashSet<BlockId>,
    /// Parts of texts that were parsed, by the place where they begin: where they end, and the indexes of their expressions.
    parts: BTreeMap<u32, (u32, Range<usize>)>,
    pub names: Interner,
    /// Memory for parses; one builder after the other has it.
    pub(crate) depths: Depths,
    pub(crate) lists: Lists,
}

impl Ast {
    /// Makes room for what so many tokens become, more or less: tables that grow step by step leave holes behind them.
    pub(crate) fn reserve(&mut self, tokens: usize) {
        self.exprs.reserve(tokens / 2);
        self.espans.reserve(tokens / 2);
        self.stmts.reserve(tokens / 8);
        self.sspans.reserve(tokens / 8);
    }
    #[inline]
    pub fn add_expr(&mut self, span: Span, e: Expr) -> ExprId {
        self.exprs.push(e);
        self.espans.push(span);
        ExprId::new(self.exprs.len() - 1)
    }
    pub fn add_stmt(&mut self, span: Span, s: Stmt) -> StmtId {
        self.stmts.push(s);
        self.sspans.push(span);
        StmtId::new(self.stmts.len() - 1)
    }
    pub fn add_block(&mut self, span: Span, stmts: Vec<StmtId>) -> BlockId {
        self.blocks.push(Block { stmts, span });
        BlockId::new(self.blocks.len() - 1)
    }
    pub fn expr(&self, e: ExprId) -> &Expr {
        &self.exprs[e.ix()]
    }
    pub fn stmt(&self, s: StmtId) -> &Stmt {
        &self.stmts[s.ix()]
    }
    pub fn block(&self, b: BlockId) -> &Block {
        &self.blocks[b.ix()]
    }
    pub fn expr_span(&self, e: ExprId) -> Span {
        self.espans[e.ix()]
    }
    pub fn stmt_span(&self, s: StmtId) -> Span {
        self.sspans[s.ix()]
    }
    pub fn expr_count(&self) -> usize {
        self.exprs.len()
    }
    pub fn stmt_count(&self) -> usize {
        self.stmts.len()
    }
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }
    pub fn name(&self, s: Sym) -> &str {
        self.names.get(s)
    }
    /// The expressions that lie in a function's body.
    pub fn exprs_in(&self, body: Span) -> Range<usize> {
        // A body that was parsed by itself is a part.
        let around = self.parts.range(..=body.lo).next_back().filter(|p| body.hi <= p.1.0);
        let Some((_, (_, exprs))) = around else { return 0..0 };
        let spans = &self.espans[exprs.clone()];
        let from = |pos: u32| exprs.start + spans.partition_point(|s| s.lo < pos);
        from(body.lo)..from(body.hi)
    }
    /// The block's statements are still to be parsed.
    pub fn is_put_off(&self, b: BlockId) -> bool {
        self.put_off.contains(&b)
    }
    pub(crate) fn put_off(&mut self, b: BlockId) {
        self.put_off.insert(b);
    }
    /// Gives a block that was put off the statements of another one, which nothing refers to.
    pub(crate) fn complete(&mut self, b: BlockId, from: BlockId) {
        self.blocks[b.ix()].stmts = std::mem::take(&mut self.blocks[from.ix()].stmts);
        self.put_off.remove(&b);
    }
    /// Parts of a text, in its order, were parsed in one go; their expressions begin at an index.
    pub(crate) fn add_parts(&mut self, first: usize, parts: impl Iterator<Item = Span>) {
        let mut from = first;
        for part in parts {
            let to = from + self.espans[from..].partition_point(|s| s.lo < part.hi);
            self.parts.insert(part.lo, (part.hi, from..to));
            from = to;
        }
    }
    /// The names, for a lexer that gives them back.
    pub(crate) fn take_names(&mut self) -> Interner {
        std::mem::replace(&mut self.names, Interner::empty())
    }
    /// The tree builder alone changes nodes, while a tree grows.
    pub(crate) fn expr_mut(&mut self, e: ExprId) -> &mut Expr {
        &mut self.exprs[e.ix()]
    }
    pub(crate) fn expr_span_mut(&mut self, e: ExprId) -> &mut Span {
        &mut self.espans[e.ix()]
    }
}
