//! The tree as text: S-expressions, for `gol ast` and the tests.
//!
//! A form stands on one line while it fits; otherwise its parts go on lines of their own, indented by two. Heads are Go's
//! own words and operators.

use crate::ast::*;

/// A form longer than this is broken into lines.
const WIDTH: usize = 100;

/// Top-level statements as text, each ending with a newline.
pub fn dump(ast: &Ast, items: &[StmtId]) -> String {
    let d = Dumper { ast };
    let mut out = String::new();
    for &s in items {
        d.stmt(s).write(&mut out, 0);
        out.push('\n');
    }
    out
}

/// An atom or a list.
enum Form {
    Atom(String),
    List(Vec<Form>),
}

impl Form {
    fn width(&self) -> usize {
        match self {
            Form::Atom(s) => s.len(),
            Form::List(v) => 1 + v.iter().map(|f| f.width() + 1).sum::<usize>(),
        }
    }

    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Form::Atom(s) => out.push_str(s),
            Form::List(v) => {
                let lead = self.lead(indent);
                out.push('(');
                for (i, f) in v.iter().enumerate() {
                    if i > 0 && i < lead {
                        out.push(' ');
                    } else if i > 0 {
                        out.push('\n');
                        out.extend(std::iter::repeat_n(' ', indent + 2));
                    }
                    f.write(out, indent + 2);
                }
                out.push(')');
            }
        }
    }

    /// How many parts stand on the first line: all, if they fit and hold no statements.
    fn lead(&self, indent: usize) -> usize {
        let Form::List(v) = self else { return 0 };
        let width = |n: usize| indent + 1 + v[..n].iter().map(|f| f.width() + 1).sum::<usize>();
        let parts = match v.iter().position(Form::has_block) {
            _ if self.is("block") || self.is("default") => 1,
            _ if self.is("case") => 2,
            Some(first) => first,
            None => v.len(),
        };
        let parts = parts.min(v.len());
        let named = if matches!(v.get(1), Some(Form::Atom(_))) { 2 } else { 1 };
        if width(parts) <= WIDTH { parts } else { named.min(parts) }
    }

    fn is(&self, head: &str) -> bool {
        matches!(self, Form::List(v) if matches!(v.first(), Some(Form::Atom(s)) if s == head))
    }

    /// Statements always go on lines of their own.
    fn has_block(&self) -> bool {
        match self {
            Form::Atom(_) => false,
            Form::List(v) => {
                let head = self.is("block") || self.is("case") || self.is("default");
                head && v.len() > 1 || v.iter().any(Form::has_block)
            }
        }
    }
}

fn atom(s: impl Into<String>) -> Form {
    Form::Atom(s.into())
}

fn list(head: &str, parts: impl IntoIterator<Item = Form>) -> Form {
    Form::List(std::iter::once(atom(head)).chain(parts).collect())
}

/// A part that may be missing.
fn none() -> Form {
    atom("_")
}

struct Dumper<'a> {
    ast: &'a Ast,
}

impl Dumper<'_> {
    fn sym(&self, s: Sym) -> Form {
        atom(self.ast.name(s).replace('\n', "\\n").replace('\r', "\\r"))
    }

    fn opt(&self, e: Option<ExprId>) -> Form {
        e.map_or_else(none, |e| self.expr(e))
    }

    fn exprs<'b>(&'b self, v: &'b [ExprId]) -> impl Iterator<Item = Form> + 'b {
        v.iter().map(|&e| self.expr(e))
    }

    fn group(&self, v: &[ExprId]) -> Form {
        Form::List(self.exprs(v).collect())
    }

    fn params(&self, v: &[Param]) -> Form {
        let one = |p: &Param| {
            let ty = p.ty.map(|t| if p.dots { list("...", [self.expr(t)]) } else { self.expr(t) });
            match (p.name, ty) {
                (Some(n), Some(t)) => Form::List(vec![self.sym(n.sym), t]),
                (Some(n), None) => self.sym(n.sym),
                (None, t) => t.unwrap_or_else(none),
            }
        };
        Form::List(v.iter().map(one).collect())
    }

    fn sig(&self, s: &Sig) -> Vec<Form> {
        let mut v = vec![self.params(&s.params)];
        if !s.results.is_empty() {
            v.push(self.params(&s.results));
        }
        v
    }

    fn block(&self, b: BlockId) -> Form {
        list("block", self.ast.block(b).stmts.iter().map(|&s| self.stmt(s)))
    }

    fn expr(&self, e: ExprId) -> Form {
        match self.ast.expr(e) {
            Expr::Bad => atom("BAD"),
            Expr::Name(s) => self.sym(*s),
            Expr::Str(s) => self.sym(*s),
            Expr::Lit(l) => match l.kind {
                LitKind::Duration => list("duration", [self.sym(l.sym)]),
                LitKind::Int | LitKind::Float | LitKind::Imag | LitKind::Rune => self.sym(l.sym),
            },
            Expr::Interp(v) => list("interp", v.iter().map(|p| self.part(p))),
            Expr::Paren(x) => list("paren", [self.expr(*x)]),
            Expr::FuncLit(s, b) => list("func", self.sig(s).into_iter().chain([self.block(*b)])),
            Expr::CompLit(t, v) => {
                let elem = |x: &Elem| match x.key {
                    Some(k) => list(":", [self.expr(k), self.expr(x.value)]),
                    None => self.expr(x.value),
                };
                list("lit", std::iter::once(self.opt(*t)).chain(v.iter().map(elem)))
            }
            Expr::Select(x, n) => list(".", [self.expr(*x), self.sym(n.sym)]),
            Expr::Index(x, v) => list("index", std::iter::once(self.expr(*x)).chain(self.exprs(v))),
            Expr::SliceExpr(x, v, three) => {
                let n = if *three { 3 } else { 2 };
                list("slice", std::iter::once(self.expr(*x)).chain(v[..n].iter().map(|&e| self.opt(e))))
            }
            Expr::TypeAssert(x, t) => {
                let ty = t.map_or_else(|| atom("type"), |t| self.expr(t));
                list("assert", [self.expr(*x), ty])
            }
            Expr::Call(f, v, dots) => {
                let tail = dots.then(|| atom("..."));
                list("call", std::iter::once(self.expr(*f)).chain(self.exprs(v)).chain(tail))
            }
            Expr::Unary(op, x) => list(unary(*op), [self.expr(*x)]),
            Expr::Binary(..) => self.operators(e),
            Expr::Array(n, t) => {
                let len = n.map_or_else(|| atom("..."), |n| self.expr(n));
                list("array", [len, self.expr(*t)])
            }
            Expr::Slice(t) => list("[]", [self.expr(*t)]),
            Expr::Map(k, t) => list("map", [self.expr(*k), self.expr(*t)]),
            Expr::Chan(dir, t) => {
                let head = match dir {
                    Dir::Both => "chan",
                    Dir::Send => "chan<-",
                    Dir::Recv => "<-chan",
                };
                list(head, [self.expr(*t)])
            }
            Expr::Func(s) => list("functype", self.sig(s)),
            Expr::Struct(v) => list("struct", v.iter().map(|f| self.field(f))),
            Expr::Interface(v) => list("interface", v.iter().map(|x| self.iface_elem(x))),
        }
    }

    /// Operators nest to the left without limit, so the spine is walked in a loop.
    fn operators(&self, mut e: ExprId) -> Form {
        let mut spine = vec![];
        while let Expr::Binary(op, x, y) = self.ast.expr(e) {
            spine.push((*op, *y));
            e = *x;
        }
        let (mut form, mut last) = (self.expr(e), None);
        for (op, y) in spine.into_iter().rev() {
            let right = self.expr(y);
            match form {
                // `a + b + c` is one list, so that a long sum is not a deep text.
                Form::List(ref mut v) if last == Some(op) => v.push(right),
                _ => form = list(op.text(), [form, right]),
            }
            last = Some(op);
        }
        form
    }

    fn part(&self, p: &InterpPart) -> Form {
        match p {
            InterpPart::Text(s) => atom(format!("{:?}", self.ast.name(*s))),
            InterpPart::Value(x, None) => list("value", [self.expr(*x)]),
            InterpPart::Value(x, Some(v)) => list("value", [self.expr(*x), self.sym(*v)]),
        }
    }

    fn field(&self, f: &Field) -> Form {
        let mut v: Vec<Form> = f.names.iter().map(|n| self.sym(n.sym)).collect();
        v.push(self.expr(f.ty));
        v.extend(f.tag.map(|t| self.sym(t)));
        if f.names.is_empty() { list("embed", v) } else { Form::List(v) }
    }

    fn iface_elem(&self, x: &IfaceElem) -> Form {
        match x {
            IfaceElem::Method(n, s) => Form::List(std::iter::once(self.sym(n.sym)).chain(self.sig(s)).collect()),
            IfaceElem::Embed(t) => list("embed", [self.expr(*t)]),
        }
    }

    fn specs(&self, head: &str, v: &[VarSpec]) -> Form {
        let one = |s: &VarSpec| {
            let names = Form::List(s.names.iter().map(|n| self.sym(n.sym)).collect());
            let values = (!s.values.is_empty()).then(|| list("=", self.exprs(&s.values)));
            Form::List(std::iter::once(names).chain(s.ty.map(|t| self.expr(t))).chain(values).collect())
        };
        list(head, v.iter().map(one))
    }

    fn tparams(&self, v: &Option<Vec<Param>>) -> Option<Form> {
        v.as_ref().map(|v| list("typeparams", [self.params(v)]))
    }

    fn clauses(&self, v: &[Clause]) -> Vec<Form> {
        let one = |c: &Clause| {
            let body = c.body.iter().map(|&s| self.stmt(s));
            match c.kind {
                ClauseKind::Default => list("default", body),
                ClauseKind::Bad => list("case", std::iter::once(atom("BAD")).chain(body)),
                ClauseKind::Case(s) => list("case", std::iter::once(self.stmt(s)).chain(body)),
            }
        };
        v.iter().map(one).collect()
    }

    fn opt_stmt(&self, s: Option<StmtId>) -> Form {
        s.map_or_else(none, |s| self.stmt(s))
    }

    fn header(&self, h: &Header) -> Vec<Form> {
        let init = h.init.map(|s| list("init", [self.stmt(s)]));
        init.into_iter().chain([self.opt_stmt(h.cond)]).collect()
    }

    fn stmt(&self, s: StmtId) -> Form {
        let jump = |head, n: &Option<Ident>| list(head, n.map(|n| self.sym(n.sym)));
        match self.ast.stmt(s) {
            Stmt::Bad => atom("BAD"),
            Stmt::Package(n) => list("package", [self.sym(n.sym)]),
            Stmt::Import(v) => list("import", v.iter().map(|s| self.import(s))),
            Stmt::Func(f) => self.func(f),
            Stmt::Var(v) => self.specs("var", v),
            Stmt::Const(v) => self.specs("const", v),
            Stmt::Type(v) => {
                let one = |t: &TypeSpec| {
                    let alias = t.alias.then(|| atom("="));
                    let head = std::iter::once(self.sym(t.name.sym)).chain(self.tparams(&t.tparams)).chain(alias);
                    Form::List(head.chain([self.expr(t.ty)]).collect())
                };
                list("type", v.iter().map(one))
            }
            // An expression statement is its expression; only a case has several.
            Stmt::Exprs(v) if v.len() == 1 => self.expr(v[0]),
            Stmt::Exprs(v) => self.group(v),
            Stmt::Send(x, y) => list("<-", [self.expr(*x), self.expr(*y)]),
            Stmt::IncDec(op, x) => list(if *op == BinOp::Add { "++" } else { "--" }, [self.expr(*x)]),
            Stmt::OpAssign(op, x, y) => list(&format!("{}=", op.text()), [self.expr(*x), self.expr(*y)]),
            Stmt::Assign(v, w) => list("=", [self.group(v), self.group(w)]),
            Stmt::Define(v, w) => list(":=", [self.group(v), self.group(w)]),
            Stmt::Labeled(n, s) => list("label", std::iter::once(self.sym(n.sym)).chain(s.map(|s| self.stmt(s)))),
            Stmt::Go(x) => list("go", [self.expr(*x)]),
            Stmt::GoBlock(b) => list("go", [self.block(*b)]),
            Stmt::Defer(x) => list("defer", [self.expr(*x)]),
            Stmt::DeferBlock(b) => list("defer", [self.block(*b)]),
            Stmt::Par(b) => list("par", [self.block(*b)]),
            Stmt::ParFor(s) => list("par", [self.stmt(*s)]),
            Stmt::After(x) => list("after", [self.expr(*x)]),
            Stmt::Return(v) => list("return", self.exprs(v)),
            Stmt::Break(n) => jump("break", n),
            Stmt::Continue(n) => jump("continue", n),
            Stmt::Goto(n) => list("goto", [self.sym(n.sym)]),
            Stmt::Fallthrough => list("fallthrough", []),
            Stmt::Block(b) => self.block(*b),
            Stmt::If(..) => self.if_chain(s),
            Stmt::For(h, b) => {
                let head = match h {
                    ForHeader::Cond(c) => c.map(|c| self.stmt(c)).into_iter().collect(),
                    ForHeader::Three(i, c, p) => vec![list(";", [i, c, p].map(|s| self.opt_stmt(*s)))],
                    ForHeader::Range { vars, define, over } => {
                        let vars = (!vars.is_empty()).then(|| list(if *define { ":=" } else { "=" }, self.exprs(vars)));
                        vec![list("range", vars.into_iter().chain([self.expr(*over)]))]
                    }
                };
                list("for", head.into_iter().chain([self.block(*b)]))
            }
            Stmt::Switch(h, v) => list("switch", self.header(h).into_iter().chain(self.clauses(v))),
            Stmt::Select(v) => list("select", self.clauses(v)),
        }
    }

    /// `else if` after `else if` is one list.
    fn if_chain(&self, mut s: StmtId) -> Form {
        let mut parts = vec![];
        while let Stmt::If(h, then, otherwise) = self.ast.stmt(s) {
            parts.extend(self.header(h));
            parts.push(self.block(*then));
            let Some(e) = otherwise else { return list("if", parts) };
            parts.push(atom("else"));
            s = *e;
        }
        parts.push(self.stmt(s));
        list("if", parts)
    }

    fn import(&self, s: &ImportSpec) -> Form {
        match s.name {
            ImportName::None => self.sym(s.path),
            ImportName::Dot => Form::List(vec![atom("."), self.sym(s.path)]),
            ImportName::Name(n) => Form::List(vec![self.sym(n.sym), self.sym(s.path)]),
        }
    }

    fn func(&self, f: &FuncDecl) -> Form {
        let mut v = vec![self.sym(f.name.sym)];
        if let Some(r) = &f.recv {
            v.push(list("recv", [self.params(std::slice::from_ref(r))]));
        }
        v.extend(self.tparams(&f.tparams));
        v.extend(self.sig(&f.sig));
        v.extend(f.body.map(|b| self.block(b)));
        list("func", v)
    }
}

fn unary(op: UnOp) -> &'static str {
    match op {
        UnOp::Plus => "+",
        UnOp::Neg => "-",
        UnOp::Not => "!",
        UnOp::Xor => "^",
        UnOp::Deref => "*",
        UnOp::Addr => "&",
        UnOp::Tilde => "~",
        UnOp::Recv => "<-",
    }
}
