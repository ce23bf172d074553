//! The tree builder: what the grammar's actions call. It groups what the grammar leaves flat (operators, parameters),
//! keeps the tree shallow enough to recurse over, and collects what went wrong.
//!
//! Nodes go into the session's [`Ast`]; the builder itself lives for one parse.

use crate::Mentions;
use crate::ast::*;
use crate::depth::{Depths, MAX_DEPTH};
use crate::diag::{Code, Diagnostic};
use crate::lists::{Item, List, ListOf, Lists, One};
use crate::patience::Patience;
use crate::span::Span;
use crate::token::Tok;

/// Where the parser gave up and went on.
pub type Recovery = lalrpop_util::ErrorRecovery<u32, Tok, ()>;

/// Whose parameters a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ParamsOf {
    Func,
    Results,
    Type,
}

pub struct Builder<'a> {
    pub ast: &'a mut Ast,
    /// Breaches of the rules that the grammar leaves open.
    pub errors: Vec<Diagnostic>,
    pub recoveries: Vec<(Span, Recovery)>,
    pub lists: Lists,
    depths: Depths,
    /// A node was too deep; it and what it holds are missing from the tree.
    pub too_deep: bool,
    /// Where the last label, or statement that may name one, begins; 0 when there was none.
    pub last_branch: u32,
    /// Every `x.(type)` that no type switch has claimed yet.
    pub guards: Vec<ExprId>,
    pub mentions: Mentions,
    text: &'a str,
    base: u32,
    patience: &'a Patience,
}

/// A signature while it is parsed.
#[derive(Clone, Copy)]
pub struct Head {
    params: List<Param>,
    results: Option<List<Param>>,
    span: Span,
}

impl<'a> Builder<'a> {
    pub fn new(ast: &'a mut Ast, text: &'a str, base: u32, patience: &'a Patience) -> Builder<'a> {
        let mut depths = std::mem::take(&mut ast.depths);
        depths.begin(ast);
        let mut lists = std::mem::take(&mut ast.lists);
        lists.begin();
        let (errors, recoveries, guards) = (vec![], vec![], vec![]);
        let mentions = Mentions::default();
        Builder {
            ast,
            errors,
            recoveries,
            lists,
            depths,
            too_deep: false,
            last_branch: 0,
            guards,
            mentions,
            text,
            base,
            patience,
        }
    }

    /// The statements of the text, looked at as a whole. `script`: it has no package clause.
    pub fn end_items(&mut self, items: List<StmtId>, script: bool) -> Vec<StmtId> {
        let items = self.lists.vec(items);
        self.check_top(&items, script);
        if script {
            self.check_top_branches(&items);
        }
        items
    }

    /// Gives the tree back what the next builder uses again; what was found is the caller's.
    pub fn end(self) -> (Vec<Diagnostic>, Vec<(Span, Recovery)>, Mentions) {
        self.ast.depths = self.depths;
        self.ast.lists = self.lists;
        (self.errors, self.recoveries, self.mentions)
    }

    pub fn expr(&mut self, l: u32, r: u32, mut e: Expr) -> ExprId {
        self.patience.progress();
        let mut depth = self.depths.of_expr(self.ast, &e);
        if depth > MAX_DEPTH {
            self.report_depth(l, r);
            (e, depth) = (Expr::Bad, 1);
        }
        self.depths.push_expr(depth);
        self.ast.add_expr(Span::new(l, r), e)
    }

    /// An expression that holds none.
    #[inline]
    pub fn leaf(&mut self, l: u32, r: u32, e: Expr) -> ExprId {
        self.patience.progress();
        self.depths.push_expr(1);
        self.ast.add_expr(Span::new(l, r), e)
    }

    pub fn stmt(&mut self, l: u32, r: u32, mut s: Stmt) -> StmtId {
        if matches!(s, Stmt::Break(_) | Stmt::Continue(_) | Stmt::Goto(_) | Stmt::Fallthrough | Stmt::Labeled(..)) {
            self.last_branch = l;
        }
        let mut depth = self.depths.of_stmt(&s);
        if depth > MAX_DEPTH {
            self.report_depth(l, r);
            (s, depth) = (Stmt::Bad, 1);
        }
        self.depths.push_stmt(depth);
        self.ast.add_stmt(Span::new(l, r), s)
    }

    pub fn block(&mut self, l: u32, r: u32, stmts: List<StmtId>) -> BlockId {
        let stmts = self.lists.vec(stmts);
        self.check_inner(&stmts);
        self.depths.push_block(self.depths.stmts(&stmts));
        self.ast.add_block(Span::new(l, r), stmts)
    }

    fn report_depth(&mut self, l: u32, r: u32) {
        if !std::mem::replace(&mut self.too_deep, true) {
            let d = Diagnostic::error(Code::TooDeep, Span::new(l, r), "nested too deeply");
            self.errors.push(d.help(format!("at most {MAX_DEPTH} levels; name a part of it")));
        }
    }

    pub fn name(&mut self, n: Ident) -> ExprId {
        self.leaf(n.span.lo, n.span.hi, Expr::Name(n.sym))
    }

    pub fn literal(&mut self, l: u32, r: u32, x: Lit) -> ExprId {
        self.mentions.time |= x.kind == LitKind::Duration;
        self.leaf(l, r, Expr::Lit(x))
    }

    pub fn interpolation(&mut self, l: u32, r: u32, parts: List<InterpPart>) -> ExprId {
        self.mentions.fmt = true;
        let parts = self.lists.vec(parts);
        self.expr(l, r, Expr::Interp(parts))
    }

    pub fn struct_type(&mut self, l: u32, r: u32, fields: List<Field>) -> ExprId {
        let fields = self.lists.vec(fields);
        self.mentions.tags.extend(fields.iter().filter_map(|f| f.tag));
        self.expr(l, r, Expr::Struct(fields))
    }

    pub fn after(&mut self, l: u32, r: u32, delay: ExprId) -> StmtId {
        self.mentions.time = true;
        self.stmt(l, r, Stmt::After(delay))
    }

    pub fn recover(&mut self, l: u32, r: u32, e: Recovery) {
        self.recoveries.push((Span::new(l, r), e));
        self.patience.recovered();
    }

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.errors.push(Diagnostic::error(code, span, message));
    }

    /// A piece of the text.
    pub fn full_source(&self, span: Span) -> &'a str {
        let at = |p: u32| p.saturating_sub(self.base) as usize;
        self.text.get(at(span.lo)..at(span.hi)).unwrap_or_default()
    }

    /// The source of a node, shortened for a message.
    pub fn source(&self, span: Span) -> String {
        let s = self.full_source(span);
        match s.char_indices().find(|&(i, c)| i >= 40 || c == '\n') {
            Some((i, _)) => format!("{}…", &s[..i]),
            None => s.to_string(),
        }
    }

    /// The left operand grows from the left; an operator that binds tighter than the last one goes down its right spine,
    /// which is at most five operators long. Parentheses are nodes, so they stop it.
    pub fn binary(&mut self, op: BinOp, x: ExprId, y: ExprId) -> ExprId {
        if let Expr::Binary(op1, left, right) = *self.ast.expr(x)
            && op1.prec() < op.prec()
        {
            let right = self.binary(op, right, y);
            *self.ast.expr_mut(x) = Expr::Binary(op1, left, right);
            self.ast.expr_span_mut(x).hi = self.ast.expr_span(y).hi;
            let depth = self.depths.of_expr(self.ast, self.ast.expr(x));
            self.depths.set_expr(x, depth);
            return x;
        }
        let s = self.ast.expr_span(x).to(self.ast.expr_span(y));
        self.expr(s.lo, s.hi, Expr::Binary(op, x, y))
    }

    /// `<-x`, or `<-chan T` when `x` is a channel type: then the arrow belongs to the leftmost `chan` that can take it.
    pub fn arrow(&mut self, l: u32, r: u32, x: ExprId) -> ExprId {
        if !matches!(self.ast.expr(x), Expr::Chan(..)) {
            return self.expr(l, r, Expr::Unary(UnOp::Recv, x));
        }
        let mut t = x;
        while let Expr::Chan(dir, elem) = *self.ast.expr(t) {
            let span = self.ast.expr_span(t);
            *self.ast.expr_mut(t) = Expr::Chan(Dir::Recv, elem);
            match dir {
                Dir::Both => break,
                Dir::Recv => {
                    self.error(Code::Syntax, span, "unexpected <-, expected chan");
                    break;
                }
                Dir::Send => t = elem,
            }
            if !matches!(self.ast.expr(t), Expr::Chan(..)) {
                let span = self.ast.expr_span(t);
                let message = format!("unexpected {}, expected chan", self.source(span));
                self.error(Code::Syntax, span, message);
            }
        }
        self.ast.expr_span_mut(x).lo = l;
        x
    }

    /// `x{…}`: can `x` be the type of a composite literal?
    pub fn comp_lit(&mut self, l: u32, brace: u32, r: u32, x: ExprId, v: List<Elem>) -> ExprId {
        let mut t = x;
        loop {
            match self.ast.expr(t) {
                Expr::Select(y, _) | Expr::Index(y, _) => t = *y,
                Expr::Name(_) | Expr::Array(..) | Expr::Slice(_) | Expr::Map(..) | Expr::Struct(_) | Expr::Bad => break,
                Expr::Paren(_) => {
                    let span = self.ast.expr_span(x);
                    self.error(Code::LiteralType, span, "cannot parenthesize type in composite literal");
                    break;
                }
                _ => {
                    let span = Span::new(brace, brace + 1);
                    self.error(Code::LiteralType, span, "unexpected { at end of statement");
                    break;
                }
            }
        }
        self.lit_value(l, r, Some(x), v)
    }

    pub fn lit_value(&mut self, l: u32, r: u32, ty: Option<ExprId>, v: List<Elem>) -> ExprId {
        let v = self.lists.vec(v);
        self.expr(l, r, Expr::CompLit(ty, v))
    }

    pub fn call(&mut self, l: u32, r: u32, x: ExprId, (args, dots): (List<ExprId>, bool)) -> ExprId {
        let args = self.lists.ids(args);
        self.expr(l, r, Expr::Call(x, args, dots))
    }

    pub fn index(&mut self, l: u32, r: u32, x: ExprId, v: List<ExprId>) -> ExprId {
        let v = self.lists.ids(v);
        self.expr(l, r, Expr::Index(x, v))
    }

    /// The two sides of an assignment.
    pub fn two_sides(&mut self, x: List<ExprId>, y: List<ExprId>) -> (Ids, Ids) {
        let y = self.lists.ids(y);
        (self.lists.ids(x), y)
    }

    pub fn add_if<T: Item>(&mut self, v: ListOf<T>, x: Option<T>) -> ListOf<T> {
        match x {
            Some(x) => self.lists.add(v, x),
            None => v,
        }
    }

    pub fn import_spec(&mut self, l: u32, r: u32, name: ImportName, path: Sym) -> One<ImportSpec> {
        self.lists.hold(ImportSpec { name, path, span: Span::new(l, r) })
    }

    pub fn var_spec(
        &mut self,
        l: u32,
        r: u32,
        names: List<Ident>,
        ty: Option<ExprId>,
        values: Option<List<ExprId>>,
    ) -> One<VarSpec> {
        let values = values.map(|v| self.lists.ids(v)).unwrap_or_default();
        let names = self.lists.idents(names);
        self.lists.hold(VarSpec { names, ty, values, span: Span::new(l, r) })
    }

    pub fn type_spec(&mut self, name: Ident, tparams: Option<List<Param>>, alias: bool, ty: ExprId) -> One<TypeSpec> {
        let tparams = tparams.map(|p| self.lists.vec(p));
        self.lists.hold(TypeSpec { name, tparams, alias, ty })
    }

    pub fn head(&mut self, l: u32, r: u32, params: List<Param>, results: Option<List<Param>>) -> One<Head> {
        self.lists.hold(Head { params, results, span: Span::new(l, r) })
    }

    pub fn sig(&mut self, head: One<Head>) -> Sig {
        let head = self.lists.take(head);
        let results = head.results.map(|r| self.lists.vec(r)).unwrap_or_default();
        Sig { params: self.lists.vec(head.params), results, span: head.span }
    }

    pub fn func_lit(&mut self, l: u32, r: u32, head: One<Head>, body: BlockId) -> ExprId {
        self.check_branches(body);
        let sig = self.sig(head);
        self.expr(l, r, Expr::FuncLit(Box::new(sig), body))
    }

    pub fn func_decl(
        &mut self,
        span: Span,
        recv: Option<List<Param>>,
        name: Ident,
        tparams: Option<List<Param>>,
        head: One<Head>,
        body: Option<BlockId>,
    ) -> StmtId {
        let sig = self.sig(head);
        let tparams = tparams.map(|p| self.lists.vec(p));
        let recv = recv.and_then(|v| {
            let (first, count) = (self.lists.slice(v).first().copied(), self.lists.slice(v).len());
            match count {
                0 => self.error(Code::Receiver, name.span, "method has no receiver"),
                1 => {}
                _ => self.error(Code::Receiver, name.span, "method has multiple receivers"),
            }
            first
        });
        if let Some(b) = body {
            self.check_branches(b);
        }
        self.stmt(span.lo, span.hi, Stmt::Func(Box::new(FuncDecl { recv, name, tparams, sig, body })))
    }

    pub fn type_params(&mut self, l: u32, r: u32, v: List<Param>) -> List<Param> {
        if self.lists.slice(v).is_empty() {
            self.error(Code::ParamList, Span::new(l, r), "empty type parameter list");
        }
        self.group_params(v, ParamsOf::Type)
    }

    /// `a, b int` was parsed as two entries. From right to left: if any entry has a name and a type, lone names are
    /// names, and each takes the type of the next.
    pub fn group_params(&mut self, list: List<Param>, of: ParamsOf) -> List<Param> {
        let v = self.lists.slice(list);
        let dots = wrong_dots(v, of);
        let named = v.iter().filter(|p| p.name.is_some() && p.ty.is_some()).count();
        let mut wrong: Option<(Span, &str)> = None;
        if named != v.len() && (named != 0 || of == ParamsOf::Type) {
            let mut next: Option<(ExprId, bool)> = None;
            for p in v.iter_mut().rev() {
                let name = match (p.name, p.ty) {
                    (Some(_), Some(t)) => {
                        next = Some((t, p.dots));
                        continue;
                    }
                    (Some(n), None) => n,
                    (None, Some(t)) => match self.ast.expr(t) {
                        Expr::Name(sym) if !p.dots => Ident { sym: *sym, span: self.ast.expr_span(t) },
                        _ => {
                            wrong = Some((self.ast.expr_span(t), "missing parameter name"));
                            continue;
                        }
                    },
                    (None, None) => continue,
                };
                p.name = Some(name);
                match next {
                    Some((t, dots)) => (p.ty, p.dots) = (Some(t), dots),
                    None if of == ParamsOf::Type => wrong = Some((name.span, "missing type constraint")),
                    None => wrong = Some((name.span, "missing parameter type")),
                }
            }
        }
        if let Some((t, message)) = dots {
            let span = self.ast.expr_span(t);
            self.error(Code::ParamList, Span::new(span.lo.saturating_sub(3), span.hi), message);
        }
        if let Some((span, message)) = wrong {
            self.error(Code::ParamList, span, message);
        }
        list
    }

    pub fn open_array(&mut self, t: ExprId) {
        let span = self.ast.expr_span(t);
        self.error(Code::OpenArray, span, "invalid use of [...] array (outside a composite literal)");
    }

    pub fn type_guard(&mut self, l: u32, r: u32, x: ExprId) -> ExprId {
        let e = self.expr(l, r, Expr::TypeAssert(x, None));
        self.guards.push(e);
        e
    }

    pub fn slice3(&mut self, l: u32, r: u32, x: ExprId, v: [Option<ExprId>; 3]) -> ExprId {
        if v[1].is_none() {
            self.error(Code::SliceIndex, Span::new(l, r), "middle index required in 3-index slice");
        } else if v[2].is_none() {
            self.error(Code::SliceIndex, Span::new(l, r), "final index required in 3-index slice");
        }
        self.expr(l, r, Expr::SliceExpr(x, v, true))
    }
}

/// The type behind a `...` that stands in the wrong place, and what to say of it.
fn wrong_dots(v: &[Param], of: ParamsOf) -> Option<(ExprId, &'static str)> {
    let last = v.len().saturating_sub(1);
    let wrong = |(i, p): (usize, &Param)| p.ty.filter(|_| p.dots && (of != ParamsOf::Func || i != last));
    let t = v.iter().enumerate().find_map(wrong)?;
    let func = of == ParamsOf::Func;
    Some((t, if func { "can only use ... with final parameter in list" } else { "invalid use of ..." }))
}
