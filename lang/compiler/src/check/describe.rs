//! Reasons in words: why a type does not implement an interface, why values cannot be compared, what was meant.

use super::Checker;
use crate::check::relation::{Missing, incomparable, missing_method, own_tparams};
use crate::types::{TParamId, Ty, TyId};
use gol_syntax::ast::Sym;

/// After so many diagnostics no misspelt names are looked for.
const MAX_SUGGESTIONS: usize = 100;

impl Checker<'_> {
    /// `T does not implement I (missing method M)`.
    pub(super) fn why_not_implements(&self, ty: TyId, iface: TyId) -> Option<String> {
        let cause = self.missing_cause(ty, iface)?;
        Some(format!("{} does not implement {} {cause}", self.ty_text(ty), self.ty_text(iface)))
    }
    /// `(missing method M)`.
    pub(super) fn missing_cause(&self, ty: TyId, iface: TyId) -> Option<String> {
        Some(match missing_method(self.types, self.info, ty, iface)? {
            Missing::Absent(m) => match self.other_spelling(ty, m) {
                Some(other) => {
                    format!("(missing method {})\n\t\thave {other}\n\t\twant {}", self.name(m), self.name(m))
                }
                None => format!("(missing method {})", self.name(m)),
            },
            Missing::WrongSig(m, has, wants) => {
                let (has, wants) = (self.method_text(m, "", has), self.method_text(m, "", wants));
                format!("(wrong type for method {})\n\t\thave {has}\n\t\twant {wants}", self.name(m))
            }
            Missing::Generic(obj, wants) => {
                let o = self.info.obj(obj);
                let list = self.tparam_list(own_tparams(self.types, self.info, obj));
                let (has, wants) = (self.method_text(o.name, &list, o.ty), self.method_text(o.name, "", wants));
                format!("(wrong type for method {})\n\t\thave {has}\n\t\twant {wants}", self.name(o.name))
            }
            Missing::PointerReceiver(m) => format!("(method {} has pointer receiver)", self.name(m)),
            Missing::PointerToInterface => {
                format!("(type {} is pointer to interface, not interface)", self.ty_text(ty))
            }
            Missing::Constraint => "(it is not comparable)".into(),
        })
    }
    /// `m[P any](P) int`.
    fn method_text(&self, name: Sym, tparams: &str, sig: TyId) -> String {
        self.ty_text(sig).replacen("func", &format!("{}{tparams}", self.name(name)), 1)
    }
    /// `[K comparable, V any]`.
    pub(super) fn tparam_list(&self, list: &[TParamId]) -> String {
        let one = |&p: &TParamId| {
            let p = self.types.tparam(p);
            format!("{} {}", self.name(p.name), self.ty_text(p.constraint))
        };
        format!("[{}]", list.iter().map(one).collect::<Vec<_>>().join(", "))
    }
    /// A method of the type that differs from the wanted name in letter case only.
    fn other_spelling(&self, ty: TyId, name: Sym) -> Option<String> {
        let wanted = self.name(name).to_lowercase();
        let set = crate::check::lookup::method_set(self.types, self.info, &self.ast.names, ty);
        set.iter().map(|m| self.name(m.name)).find(|n| n.to_lowercase() == wanted).map(str::to_string)
    }

    /// `slice can only be compared to nil`, `struct containing []int cannot be compared`.
    pub(super) fn incomparable_cause(&self, ty: TyId) -> String {
        let kind = match self.types.under(ty) {
            Ty::Slice(_) => "slice",
            Ty::Map(..) => "map",
            Ty::Func(_) => "func",
            Ty::Struct(_) => {
                let part = incomparable(self.types, ty).unwrap_or(ty);
                return format!("struct containing {} cannot be compared", self.ty_text(part));
            }
            Ty::TypeParam(_) => {
                let terms = self.types.constraint(ty).and_then(|i| self.types.terms(i));
                let empty = terms.is_some_and(|t| t.is_empty());
                return if empty { "empty type set" } else { "incomparable types in type set" }.into();
            }
            _ => return format!("{} cannot be compared", self.ty_text(ty)),
        };
        format!("{kind} can only be compared to nil")
    }

    /// The kind of a type in one word, for operators that it lacks.
    pub(super) fn kind_of(&self, ty: TyId) -> String {
        match self.types.under(ty) {
            Ty::Array(..) => "array".into(),
            Ty::Slice(_) => "slice".into(),
            Ty::Struct(_) => "struct".into(),
            Ty::Pointer(_) => "pointer".into(),
            Ty::Func(_) => "func".into(),
            Ty::Interface(_) => "interface".into(),
            Ty::Map(..) => "map".into(),
            Ty::Chan(..) => "chan".into(),
            _ => self.ty_text(ty),
        }
    }

    /// The candidate that a misspelt name most likely means.
    pub(super) fn nearest<'n>(&self, wrong: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let limit = match wrong.chars().count() {
            // The search costs more than the rest of the check.
            _ if self.diags.len() > MAX_SUGGESTIONS => return None,
            0..=2 => return None,
            3..=5 => 1,
            _ => 2,
        };
        let scored = candidates.filter(|n| *n != "_" && *n != wrong);
        let scored = scored.map(|n| (distance(wrong, n, limit), n));
        scored.filter(|(d, _)| *d <= limit).min().map(|(_, n)| n)
    }
    /// The package of the library whose path a misspelt one most likely means.
    pub(super) fn nearest_package(&self, wrong: &str) -> Option<&'static str> {
        let last = |p: &str| p.rsplit('/').next().map(str::to_string);
        let paths = &self.world.paths;
        let same = paths.iter().find(|p| last(p) == last(wrong) && **p != wrong);
        let close = || paths.iter().filter(|_| wrong.len() > 2).map(|p| (distance(wrong, p, 2), p)).min();
        same.or_else(|| close().filter(|(d, p)| *d <= 1 + usize::from(p.len() > 5)).map(|(_, p)| p)).copied()
    }
    /// Help for an undefined name: the nearest one in scope.
    pub(super) fn did_you_mean(&self, wrong: Sym) -> Option<String> {
        let locals = self.locals.symbols();
        let outer = match self.role {
            super::Role::Prompt => Some(self.world.scopes[self.pkg.0 as usize].symbols()),
            _ => None,
        };
        let top = self.imports[self.file].symbols().chain(self.top.symbols()).chain(outer.into_iter().flatten());
        let all = locals.chain(top).chain(self.world.universe.scope.symbols());
        let near = self.nearest(self.name(wrong), all.map(|s| self.name(s)))?;
        Some(format!("did you mean `{near}`?"))
    }
}

/// Edit distance with neighbouring letters swapped as one edit; texts whose lengths differ
/// by more than `limit` are not compared.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut d = (rows[i - 1][j - 1] + usize::from(!same)).min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                d = d.min(rows[i - 2][j - 2] + 1);
            }
            row.push(d);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
