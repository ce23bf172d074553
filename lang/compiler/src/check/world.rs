//! What outlives one check: the universe, the packages of the session and their names.

use crate::check::contents::Contents;
use crate::check::later::Later;
use crate::check::scope::Scope;
use crate::info::{Info, ObjId, PkgFacts};
use crate::session::Library;
use crate::types::{PkgId, TyId, Types};
use crate::universe::{Universe, unsafe_scope};
use gol_syntax::ast::{ExprId, Interner, Sym};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is predeclared.
pub const UNIVERSE: PkgId = PkgId(0);
/// The package of the user's texts.
pub const MAIN: PkgId = PkgId(1);

pub struct World {
    pub universe: Universe,
    /// Top-level names, by package.
    pub scopes: Vec<Scope>,
    /// Packages that are checked, by import path; `None`: has errors, which are reported.
    pub packages: FxHashMap<String, Option<PkgId>>,
    /// What the imports of user packages mean, by the position of the import: the package's path, or `None` where it is refused
    /// and reported. Other imports mean what they say.
    pub imports: FxHashMap<u32, Option<String>>,
    /// Packages of the user.
    pub own: FxHashSet<PkgId>,
    /// Declarations of library packages that are not in the tree.
    pub contents: Contents,
    /// What is still to be done for packages of the library.
    pub later: FxHashMap<PkgId, Later>,
    /// Initial values of library variables (their expressions) that are emitted.
    pub settled: FxHashSet<ExprId>,
    /// What was referred to outside the main package since the session looked here last.
    pub wanted: Vec<ObjId>,
    /// Paths of the library by the name that a script may use without import. Shorter paths win.
    pub implicit: FxHashMap<Sym, String>,
    pub paths: Vec<&'static str>,
    /// `_`
    pub blank: Sym,
    pub init: Sym,
    pub main: Sym,
    /// `time.Duration`, when package time is loaded.
    pub duration: Option<TyId>,
    /// `Duration`
    pub duration_name: Sym,
}

/// What emission looks for in library packages by name.
const NAMED_BY_EMISSION: [&str; 4] = ["After", "Sprintf", "errorString", "rtError"];

impl World {
    pub fn new(names: &mut Interner, types: &mut Types, info: &mut Info, library: &dyn Library) -> World {
        let universe = Universe::new(names, types, info);
        info.pkgs.resize(2, PkgFacts::default());
        info.pkgs[1].name = "main".into();
        info.pkgs[1].path = "main".into();
        let mut paths = library.paths();
        paths.sort_by_key(|p| (p.matches('/').count(), *p));
        let mut implicit = FxHashMap::default();
        for p in &paths {
            let last = p.rsplit('/').next().unwrap_or(p);
            implicit.entry(names.intern(last)).or_insert_with(|| (*p).to_string());
        }
        let mut world = World {
            universe,
            scopes: vec![Scope::default(); 2],
            packages: FxHashMap::default(),
            imports: FxHashMap::default(),
            own: FxHashSet::default(),
            contents: Contents::default(),
            later: FxHashMap::default(),
            settled: FxHashSet::default(),
            wanted: vec![],
            implicit,
            paths,
            blank: names.intern("_"),
            init: names.intern("init"),
            main: names.intern("main"),
            duration: None,
            duration_name: names.intern("Duration"),
        };
        let pkg = world.add_package(info, "unsafe");
        names.intern("unsafe");
        for name in NAMED_BY_EMISSION {
            names.intern(name);
        }
        world.scopes[pkg.0 as usize] = unsafe_scope(names, info, pkg);
        world.packages.insert("unsafe".into(), Some(pkg));
        world
    }
    /// A place for a package that is about to be checked.
    pub fn add_package(&mut self, info: &mut Info, path: &str) -> PkgId {
        let id = PkgId(info.pkgs.len() as u32);
        let name = path.rsplit('/').next().unwrap_or(path).to_string();
        info.pkgs.push(PkgFacts { path: path.into(), name, ..PkgFacts::default() });
        self.scopes.resize(info.pkgs.len(), Scope::default());
        id
    }
    /// Called when `Duration` of package `time` is declared.
    pub fn note_time(&mut self, info: &Info, pkg: PkgId) {
        let obj = self.scopes[pkg.0 as usize].get(self.duration_name);
        self.duration = obj.map(|o| info.obj(o).ty);
    }
}

/// Does the name begin with an upper-case letter?
pub fn exported(names: &Interner, s: Sym) -> bool {
    names.get(s).chars().next().is_some_and(char::is_uppercase)
}

/// PkgId(0) for exported names, else the package that the name belongs to.
pub fn name_pkg(names: &Interner, s: Sym, pkg: PkgId) -> PkgId {
    if exported(names, s) { PkgId(0) } else { pkg }
}
