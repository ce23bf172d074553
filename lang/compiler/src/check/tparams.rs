//! Declarations with type parameters: of functions, methods, types and aliases.

use super::Checker;
use crate::info::{ObjId, ObjKind};
use crate::types::{TParam, TParamId, Ty, TyId, Types};
use gol_syntax::ast::{ExprId, FuncDecl, Ident, Param, TypeSpec};

impl<'a> Checker<'a> {
    /// A new type parameter, without constraint yet.
    pub(super) fn new_tparam(&mut self, name: Ident, index: usize) -> ObjId {
        let obj = self.new_obj(ObjKind::Type, name, Types::ERROR);
        let p = TParam { name: name.sym, constraint: Types::ERROR, index: index as u32, pos: name.span };
        let (_, ty) = self.types.add_tparam(p);
        self.info.obj_mut(obj).ty = ty;
        self.info.obj_mut(obj).used = true;
        obj
    }
    pub(super) fn new_tparams(&mut self, list: &[Param]) -> Vec<ObjId> {
        let names: Vec<Ident> = list.iter().filter_map(|p| p.name).collect();
        names.into_iter().enumerate().map(|(i, n)| self.new_tparam(n, i)).collect()
    }
    /// The type parameters that these objects name.
    pub(super) fn tparam_ids(&self, objs: &[ObjId]) -> Vec<TParamId> {
        let id = |&o: &ObjId| match self.types.get(self.info.obj(o).ty) {
            Ty::TypeParam(p) => Some(*p),
            _ => None,
        };
        objs.iter().filter_map(id).collect()
    }
    pub(super) fn tparam_types(&mut self, list: &[TParamId]) -> Vec<TyId> {
        list.iter().map(|&p| self.types.intern(Ty::TypeParam(p))).collect()
    }
    /// Finds the constraints of a list whose names are in scope.
    pub(super) fn bounds(&mut self, list: &'a [Param], objs: &[ObjId]) {
        let mut last: Option<(ExprId, TyId)> = None;
        for (p, id) in list.iter().filter(|p| p.name.is_some()).zip(self.tparam_ids(objs)) {
            let Some(e) = p.ty else { continue };
            let c = match last {
                Some((l, t)) if l == e => t,
                _ => self.constraint_type(e),
            };
            last = Some((e, c));
            self.types.tparams[id.0 as usize].constraint = c;
        }
    }
    /// The signature of a declared function, with the constraints of its type parameters.
    pub(super) fn func_type(&mut self, obj: ObjId, f: &'a FuncDecl) -> TyId {
        self.open_block();
        // Those of the receiver come first.
        let mut all = self.tparam_objs.get(&obj).cloned().unwrap_or_default();
        all.iter().for_each(|&p| self.declare(p));
        self.receiver_bounds(obj, &all);
        if let Some(list) = &f.tparams {
            let own = self.new_tparams(list);
            own.iter().for_each(|&p| self.declare(p));
            self.bounds(list, &own);
            all.extend(own);
        }
        let ty = self.sig_type(&f.sig);
        self.close_block();
        if !all.is_empty() {
            let ids = self.tparam_ids(&all);
            self.info.tparams.insert(obj, ids);
            self.tparam_objs.insert(obj, all);
        }
        ty
    }
    /// Type parameters of a receiver have the constraints of the type's.
    fn receiver_bounds(&mut self, obj: ObjId, own: &[ObjId]) {
        let ObjKind::Method { recv, .. } = self.info.obj(obj).kind else { return };
        let named = self.types.intern(Ty::Named(recv));
        self.complete(named);
        let ids = self.tparam_ids(own);
        let targs = self.tparam_types(&ids);
        let map = self.types.subst_of(recv, &targs);
        for (id, of) in ids.into_iter().zip(self.types.named(recv).tparams.clone()) {
            let c = self.types.tparam(of).constraint;
            let c = self.types.subst(c, &map);
            self.types.tparams[id.0 as usize].constraint = c;
        }
    }

    /// The type of an alias, which may have type parameters.
    pub(super) fn alias(&mut self, obj: ObjId, spec: &'a TypeSpec) {
        let Some(list) = &spec.tparams else {
            let ty = self.type_expr_any(spec.ty);
            self.info.obj_mut(obj).ty = ty;
            return;
        };
        let own = self.new_tparams(list);
        self.open_block();
        own.iter().for_each(|&p| self.declare(p));
        self.bounds(list, &own);
        let ty = self.type_expr_any(spec.ty);
        self.close_block();
        let ids = self.tparam_ids(&own);
        self.info.tparams.insert(obj, ids);
        self.info.obj_mut(obj).ty = ty;
    }
}
