//! Library packages: a declaration is checked when its name is mentioned, the body of a function when something refers to the function.
//!
//! A library package is loaded without anything but its imports. What is mentioned of it (`contents.rs`) comes to [`declare`], before whatever
//! mentions it is checked; functions come without their bodies. Whoever refers to a function of one notes it
//! ([`World::wanted`]), and the session parses and checks those bodies, which may want others, before it emits anything
//! ([`check_bodies`]). When that is done, everything that initial values lead to is known and the order of initialisation is
//! settled ([`order_inits`]).

use super::scope::Scope;
use super::world::World;
use super::{Checker, Role};
use crate::info::{Info, Init, ObjId};
use crate::types::{PkgId, TyId, Types};
use gol_syntax::ast::{Ast, ExprId, Stmt, StmtId};
use gol_syntax::diag::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

/// What the checker keeps of a library package until all of its functions are checked.
#[derive(Default)]
pub struct Later {
    /// Functions without checked body.
    funcs: FxHashMap<ObjId, PutOff>,
    imports: Vec<Scope>,
    starts: Vec<u32>,
    tparam_objs: FxHashMap<ObjId, Vec<ObjId>>,
    deps: FxHashMap<ObjId, Vec<ObjId>>,
    dep_pairs: FxHashSet<(ObjId, ObjId)>,
    var_order: Vec<(ObjId, Option<usize>)>,
    inits: Vec<Init>,
    local_types: u32,
}

/// A function whose body is not checked yet.
#[derive(Clone, Copy)]
pub(super) struct PutOff {
    pub decl: StmtId,
    /// The receiver's type.
    pub recv: Option<TyId>,
}

impl Later {
    /// The declaration of a function whose body is not checked yet.
    pub fn decl(&self, obj: ObjId) -> Option<StmtId> {
        self.funcs.get(&obj).map(|f| f.decl)
    }
    /// Some variable's initial value is not in the order that was settled last.
    pub fn has_new_inits(&self, settled: &FxHashSet<ExprId>) -> bool {
        self.inits.iter().any(|i| !settled.contains(&i.rhs))
    }
    /// All functions whose bodies are not checked yet, in the order of the text.
    pub fn rest(&self) -> Vec<ObjId> {
        let mut rest: Vec<ObjId> = self.funcs.keys().copied().collect();
        rest.sort_unstable();
        rest
    }
}

/// Checks declarations of one library package, without bodies of functions. What they mention must be in the tree, and that of other
/// packages declared.
pub fn declare(
    ast: &Ast,
    types: &mut Types,
    info: &mut Info,
    world: &mut World,
    pkg: PkgId,
    items: &[StmtId],
) -> Vec<Diagnostic> {
    let mut c = Checker::again(ast, types, info, world, pkg);
    c.library(items);
    let new = std::mem::take(&mut c.facts);
    let diagnostics = c.put_back();
    let facts = &mut info.pkgs[pkg.0 as usize];
    facts.funcs.extend(new.funcs);
    // They run whatever else is needed.
    world.wanted.extend(&new.init_funcs);
    facts.init_funcs.extend(new.init_funcs);
    if facts.path == "time" && world.duration.is_none() {
        world.note_time(info, pkg);
    }
    diagnostics
}

/// Checks bodies of functions of one library package, which must be in the tree. What is checked already is passed over.
pub fn check_bodies(
    ast: &Ast,
    types: &mut Types,
    info: &mut Info,
    world: &mut World,
    pkg: PkgId,
    objs: &[ObjId],
) -> Vec<Diagnostic> {
    let mut c = Checker::again(ast, types, info, world, pkg);
    for obj in objs {
        let Some(f) = c.put_off.remove(obj) else { continue };
        let Stmt::Func(decl) = ast.stmt(f.decl) else { continue };
        c.check_func(*obj, decl.recv.as_ref().zip(f.recv), decl);
    }
    c.run_later();
    c.finalize_rest();
    if c.put_off.is_empty() && c.world.contents.is_whole(pkg) {
        c.unused_imports();
    }
    c.told_at_all();
    c.put_back()
}

/// Settles the order in which those variables of a library package are initialised that are not yet, once the functions that initial
/// values lead to are checked.
pub fn order_inits(ast: &Ast, types: &mut Types, info: &mut Info, world: &mut World, pkg: PkgId) -> Vec<Diagnostic> {
    let mut c = Checker::again(ast, types, info, world, pkg);
    c.order_inits();
    let mut sorted = std::mem::take(&mut c.facts.inits);
    let diagnostics = c.put_back();
    sorted.retain(|i| world.settled.insert(i.rhs));
    info.pkgs[pkg.0 as usize].inits = sorted;
    diagnostics
}

impl<'a> Checker<'a> {
    /// A checker for what was put off in a library package.
    fn again(ast: &'a Ast, types: &'a mut Types, info: &'a mut Info, world: &'a mut World, pkg: PkgId) -> Checker<'a> {
        let later = world.later.remove(&pkg).unwrap_or_default();
        let top = std::mem::take(&mut world.scopes[pkg.0 as usize]);
        let mut c = Checker::new(ast, types, info, world, pkg, Role::Library);
        let Later { funcs, imports, starts, tparam_objs, deps, dep_pairs, var_order, inits, local_types } = later;
        (c.top, c.put_off, c.imports, c.starts, c.tparam_objs) = (top, funcs, imports, starts, tparam_objs);
        (c.deps, c.dep_pairs, c.var_order, c.inits, c.local_types) = (deps, dep_pairs, var_order, inits, local_types);
        c
    }
    /// Ends the work on a library package for now: its state goes to the world. The diagnostics.
    pub(super) fn put_back(self) -> Vec<Diagnostic> {
        let Checker { world, pkg, locals, diags, top, put_off, imports, starts, tparam_objs, .. } = self;
        let Checker { deps, dep_pairs, var_order, inits, local_types, .. } = self;
        let later =
            Later { funcs: put_off, imports, starts, tparam_objs, deps, dep_pairs, var_order, inits, local_types };
        world.later.insert(pkg, later);
        world.locals = locals.emptied();
        world.scopes[pkg.0 as usize] = top;
        diags
    }
}
