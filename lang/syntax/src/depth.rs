//! How deep a tree is, so that later passes may recurse over it.
//!
//! Every node gets its depth when it is made; one that would be too deep becomes `Bad` with one diagnostic. Only the left
//! spine of binary operators does not count: sums of any length are good, and passes walk them in a loop.

use crate::ast::*;

/// The deepest tree. Go's own library stays below 60; a pass may use some kilobytes of stack for each level.
pub const MAX_DEPTH: u16 = 500;

/// The depths of the nodes of one parse, and memory for those of the next.
#[derive(Default)]
pub struct Depths {
    first_expr: usize,
    first_stmt: usize,
    first_block: usize,
    exprs: Vec<u16>,
    stmts: Vec<u16>,
    blocks: Vec<u16>,
}

impl Depths {
    /// For a parse that adds to a tree.
    pub fn begin(&mut self, ast: &Ast) {
        self.first_expr = ast.expr_count();
        self.first_stmt = ast.stmt_count();
        self.first_block = ast.block_count();
        self.exprs.clear();
        self.stmts.clear();
        self.blocks.clear();
    }

    /// The depth of the expression added last; the nodes must be added in order.
    #[inline]
    pub fn push_expr(&mut self, depth: u16) {
        self.exprs.push(depth);
    }

    pub fn push_stmt(&mut self, depth: u16) {
        self.stmts.push(depth);
    }

    pub fn push_block(&mut self, depth: u16) {
        self.blocks.push(depth);
    }

    /// An operator of a sum got another right operand.
    pub fn set_expr(&mut self, e: ExprId, depth: u16) {
        let i = e.ix() - self.first_expr;
        self.exprs[i] = depth;
    }

    fn expr(&self, e: ExprId) -> u16 {
        self.exprs[e.ix() - self.first_expr]
    }

    fn stmt(&self, s: StmtId) -> u16 {
        self.stmts[s.ix() - self.first_stmt]
    }

    fn block(&self, b: BlockId) -> u16 {
        self.blocks[b.ix() - self.first_block]
    }

    fn exprs(&self, v: &[ExprId]) -> u16 {
        v.iter().map(|&e| self.expr(e)).max().unwrap_or(0)
    }

    pub fn stmts(&self, v: &[StmtId]) -> u16 {
        v.iter().map(|&s| self.stmt(s)).max().unwrap_or(0)
    }

    fn params(&self, v: &[Param]) -> u16 {
        v.iter().filter_map(|p| p.ty).map(|t| self.expr(t)).max().unwrap_or(0)
    }

    fn sig(&self, s: &Sig) -> u16 {
        self.params(&s.params).max(self.params(&s.results))
    }

    pub fn of_expr(&self, ast: &Ast, e: &Expr) -> u16 {
        let opt = |e: &Option<ExprId>| e.map_or(0, |e| self.expr(e));
        1 + match e {
            Expr::Bad | Expr::Name(_) | Expr::Lit(_) | Expr::Str(_) => 0,
            Expr::Binary(_, x, y) => {
                let left = self.expr(*x);
                let spine = matches!(ast.expr(*x), Expr::Binary(..));
                return if spine { left.max(self.expr(*y) + 1) } else { left.max(self.expr(*y)) + 1 };
            }
            Expr::Interp(v) => {
                let value = |p: &InterpPart| match p {
                    InterpPart::Text(_) => 0,
                    InterpPart::Value(x, _) => self.expr(*x),
                };
                v.iter().map(value).max().unwrap_or(0)
            }
            Expr::Paren(x) | Expr::Select(x, _) | Expr::Unary(_, x) | Expr::Slice(x) | Expr::Chan(_, x) => {
                self.expr(*x)
            }
            Expr::FuncLit(s, b) => self.sig(s).max(self.block(*b)),
            Expr::CompLit(t, v) => {
                let elem = |x: &Elem| opt(&x.key).max(self.expr(x.value));
                opt(t).max(v.iter().map(elem).max().unwrap_or(0))
            }
            Expr::Index(x, v) | Expr::Call(x, v, _) => self.expr(*x).max(self.exprs(v)),
            Expr::SliceExpr(x, v, _) => self.expr(*x).max(v.iter().map(opt).max().unwrap_or(0)),
            Expr::TypeAssert(x, t) => self.expr(*x).max(opt(t)),
            Expr::Array(n, t) => opt(n).max(self.expr(*t)),
            Expr::Map(k, t) => self.expr(*k).max(self.expr(*t)),
            Expr::Func(s) => self.sig(s),
            Expr::Struct(v) => v.iter().map(|f| self.expr(f.ty)).max().unwrap_or(0),
            Expr::Interface(v) => {
                let elem = |x: &IfaceElem| match x {
                    IfaceElem::Method(_, s) => self.sig(s),
                    IfaceElem::Embed(t) => self.expr(*t),
                };
                v.iter().map(elem).max().unwrap_or(0)
            }
        }
    }

    pub fn of_stmt(&self, s: &Stmt) -> u16 {
        let opt_expr = |e: &Option<ExprId>| e.map_or(0, |e| self.expr(e));
        let opt = |s: &Option<StmtId>| s.map_or(0, |s| self.stmt(s));
        let specs = |v: &[VarSpec]| v.iter().map(|s| opt_expr(&s.ty).max(self.exprs(&s.values))).max().unwrap_or(0);
        let tparams = |v: &Option<Vec<Param>>| v.as_deref().map_or(0, |v| self.params(v));
        1 + match s {
            Stmt::Bad | Stmt::Package(_) | Stmt::Import(_) => 0,
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Goto(_) | Stmt::Fallthrough => 0,
            Stmt::Func(f) => {
                let recv = f.recv.as_ref().and_then(|p| p.ty).map_or(0, |t| self.expr(t));
                let body = f.body.map_or(0, |b| self.block(b));
                recv.max(tparams(&f.tparams)).max(self.sig(&f.sig)).max(body)
            }
            Stmt::Var(v) | Stmt::Const(v) => specs(v),
            Stmt::Type(v) => v.iter().map(|t| tparams(&t.tparams).max(self.expr(t.ty))).max().unwrap_or(0),
            Stmt::Exprs(v) | Stmt::Return(v) => self.exprs(v),
            Stmt::Send(x, y) | Stmt::OpAssign(_, x, y) => self.expr(*x).max(self.expr(*y)),
            Stmt::IncDec(_, x) | Stmt::Go(x) | Stmt::Defer(x) | Stmt::After(x) => self.expr(*x),
            Stmt::Assign(v, w) | Stmt::Define(v, w) => self.exprs(v).max(self.exprs(w)),
            Stmt::Labeled(_, s) => opt(s),
            Stmt::GoBlock(b) | Stmt::DeferBlock(b) | Stmt::Par(b) | Stmt::Block(b) => self.block(*b),
            Stmt::ParFor(s) => self.stmt(*s),
            Stmt::If(h, b, e) => opt(&h.init).max(opt(&h.cond)).max(self.block(*b)).max(opt(e)),
            Stmt::For(h, b) => self.block(*b).max(match h {
                ForHeader::Cond(c) => opt(c),
                ForHeader::Three(i, c, p) => opt(i).max(opt(c)).max(opt(p)),
                ForHeader::Range { vars, define: _, over } => self.exprs(vars).max(self.expr(*over)),
            }),
            Stmt::Switch(h, v) => opt(&h.init).max(opt(&h.cond)).max(self.clauses(v)),
            Stmt::Select(v) => self.clauses(v),
        }
    }

    fn clauses(&self, v: &[Clause]) -> u16 {
        let one = |c: &Clause| {
            let case = match c.kind {
                ClauseKind::Case(s) => self.stmt(s),
                ClauseKind::Default | ClauseKind::Bad => 0,
            };
            case.max(self.stmts(&c.body))
        };
        v.iter().map(one).max().unwrap_or(0)
    }
}
