//! Variables and imports that are never used: errors in programs, warnings in scripts.

use super::Checker;
use crate::info::{ObjId, ObjKind};
use crate::types::Types;
use gol_syntax::diag::Code;

impl Checker<'_> {
    pub(super) fn report_if_unused(&mut self, o: ObjId) {
        let obj = self.info.obj(o);
        if matches!(obj.kind, ObjKind::Local) && !obj.used {
            self.report_unused_var(o);
        }
    }
    pub(super) fn report_unused_var(&mut self, o: ObjId) {
        let obj = self.info.obj(o);
        let (m, at) = (format!("declared and not used: {}", self.name(obj.name)), obj.span);
        self.lax(Code::UnusedVar, Code::WarnUnusedVar, at, m);
    }

    pub(super) fn unused_imports(&mut self) {
        if self.role == super::Role::Prompt {
            // Later lines may use them.
            let imports = std::mem::take(&mut self.imports[0]);
            let mut all = std::mem::take(&mut self.top);
            for o in imports.objects() {
                let (name, written) = (self.info.obj(o).name, self.info.obj(o).span != Default::default());
                if written && matches!(self.info.obj(o).kind, ObjKind::Pkg(_)) {
                    all.insert(name, o);
                }
            }
            self.top = all;
            return;
        }
        let dots: Vec<_> = self.dots.iter().filter(|d| !d.used).map(|d| (d.package(), d.span)).collect();
        for (pkg, at) in dots {
            let m = format!("\"{}\" imported and not used", self.info.pkgs[pkg.0 as usize].path);
            self.lax(Code::UnusedImport, Code::WarnUnusedImport, at, m);
        }
        for o in self.imports.iter().flat_map(|s| s.objects()).collect::<Vec<_>>() {
            let obj = self.info.obj(o);
            let ObjKind::Pkg(pkg) = obj.kind else { continue };
            if obj.used || obj.ty == Types::ERROR {
                continue;
            }
            let facts = &self.info.pkgs[pkg.0 as usize];
            let name = self.name(obj.name);
            let m = if facts.name == name {
                format!("\"{}\" imported and not used", facts.path)
            } else {
                format!("\"{}\" imported as {name} and not used", facts.path)
            };
            let at = obj.span;
            self.lax(Code::UnusedImport, Code::WarnUnusedImport, at, m);
        }
    }
}
