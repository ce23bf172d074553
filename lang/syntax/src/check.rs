//! Rules that the grammar leaves open: what may stand as a condition, in a clause, in a block and at the top level.

use crate::ast::*;
use crate::builder::Builder;
use crate::diag::{Code, Diagnostic};
use crate::lists::{List, One};
use crate::span::Span;

impl Builder<'_> {
    /// `go` and `defer` take a call.
    pub fn must_call(&mut self, x: ExprId, what: &str) {
        let span = self.ast.expr_span(x);
        match self.ast.expr(x) {
            Expr::Call(..) | Expr::Bad => {}
            Expr::Paren(_) => {
                self.error(Code::NotCall, span, format!("expression in {what} must not be parenthesized"));
            }
            Expr::FuncLit(..) => {
                let d = Diagnostic::error(Code::NotCall, span, format!("expression in {what} must be function call"));
                self.errors.push(d.help(format!("call it: `{what} func() {{ … }}()`")));
            }
            _ => self.error(Code::NotCall, span, format!("expression in {what} must be function call")),
        }
    }

    /// The left side of `:=`.
    pub fn must_be_names(&mut self, v: &[ExprId]) {
        for &x in v {
            if !matches!(self.ast.expr(x), Expr::Name(_) | Expr::Bad) {
                let span = self.ast.expr_span(x);
                let message = format!("non-name {} on left side of :=", self.source(span));
                self.error(Code::NotName, span, message);
            }
        }
    }

    pub fn if_stmt(&mut self, l: u32, r: u32, h: Header, then: BlockId, otherwise: Option<StmtId>) -> StmtId {
        match h.cond {
            None => self.missing_condition(l, &h, then),
            Some(c) => self.must_be_value(c),
        }
        self.stmt(l, r, Stmt::If(h, then, otherwise))
    }

    fn missing_condition(&mut self, l: u32, h: &Header, then: BlockId) {
        if let Some(init) = h.init {
            // `if x⏎{`: the newline became the semicolon behind an initialisation.
            let end = self.ast.stmt_span(init).hi;
            let between = self.full_source(Span::new(end, self.ast.block(then).span.lo));
            if !between.trim_start().starts_with(';') {
                let d = Diagnostic::error(
                    Code::Syntax,
                    Span::new(end, end + 1),
                    "unexpected newline, expected { after if clause",
                );
                self.errors.push(d.label("the line ends here").help("the opening brace must be on the same line"));
                return;
            }
        }
        self.error(Code::HeaderValue, Span::new(l, l + 2), "missing condition in if statement");
    }

    pub fn for_stmt(&mut self, l: u32, r: u32, h: One<ForHeader>, body: BlockId) -> StmtId {
        let h = self.lists.take(h);
        match &h {
            ForHeader::Cond(c) => c.iter().for_each(|&c| self.must_be_value(c)),
            ForHeader::Three(_, c, post) => {
                c.iter().for_each(|&c| self.must_be_value(c));
                if let Some(p) = *post
                    && matches!(self.ast.stmt(p), Stmt::Define(..))
                {
                    let span = self.ast.stmt_span(p);
                    self.error(Code::HeaderValue, span, "cannot declare in post statement of for loop");
                }
            }
            ForHeader::Range { vars, define, over: _ } => {
                if *define {
                    self.must_be_names(vars);
                }
                if let Some(&x) = vars.get(2) {
                    let span = self.ast.expr_span(x);
                    self.error(Code::RangeVars, span, "range clause permits at most two iteration variables");
                }
            }
        }
        self.stmt(l, r, Stmt::For(h, body))
    }

    /// A simple statement in the place of a condition.
    fn must_be_value(&mut self, s: StmtId) {
        let span = self.ast.stmt_span(s);
        match self.ast.stmt(s) {
            Stmt::Exprs(v) if v.len() == 1 => {}
            Stmt::Bad => {}
            Stmt::Exprs(_) => self.error(Code::Syntax, span, "expected := or = or comma"),
            Stmt::Assign(x, y) => {
                let message = format!("cannot use assignment {} as value", self.source(span));
                let d = Diagnostic::error(Code::HeaderValue, span, message);
                let equal = x.len() == 1 && y.len() == 1;
                self.errors.push(if equal { d.help("== compares") } else { d });
            }
            _ => self.error(Code::HeaderValue, span, format!("cannot use {} as value", self.source(span))),
        }
    }

    pub fn switch(&mut self, l: u32, r: u32, h: Header, clauses: List<Clause>) -> StmtId {
        let clauses = self.lists.vec(clauses);
        if let Some(c) = h.cond
            && !self.claim_guard(c)
        {
            self.must_be_value(c);
        }
        for c in &clauses {
            let ClauseKind::Case(s) = c.kind else { continue };
            let span = self.ast.stmt_span(s);
            match self.ast.stmt(s) {
                Stmt::Exprs(_) | Stmt::Bad => {}
                Stmt::After(_) => self.error(Code::ClauseForm, span, "case after is for select, not for switch"),
                _ => {
                    let message = format!("unexpected {} in case; expected expressions", self.source(span));
                    self.error(Code::ClauseForm, span, message);
                }
            }
        }
        self.labeled_statements(&clauses);
        self.one_default(&clauses, "switch");
        self.stmt(l, r, Stmt::Switch(h, clauses))
    }

    /// Is it `x.(type)` or `v := x.(type)`, and so the header of a type switch?
    fn claim_guard(&mut self, s: StmtId) -> bool {
        let guard = match self.ast.stmt(s) {
            Stmt::Exprs(v) if v.len() == 1 => v[0],
            Stmt::Define(v, w) if v.len() == 1 && w.len() == 1 => w[0],
            _ => return false,
        };
        let found = self.guards.iter().rposition(|&g| g == guard);
        found.is_some_and(|i| {
            self.guards.remove(i);
            true
        })
    }

    pub fn select(&mut self, l: u32, r: u32, clauses: List<Clause>) -> StmtId {
        let clauses = self.lists.vec(clauses);
        for c in &clauses {
            let ClauseKind::Case(s) = c.kind else { continue };
            let fits = match self.ast.stmt(s) {
                Stmt::Send(..) | Stmt::After(_) | Stmt::Bad => true,
                Stmt::Exprs(v) => v.len() == 1 && self.is_receive(v[0]),
                Stmt::Assign(v, w) | Stmt::Define(v, w) => v.len() <= 2 && w.len() == 1 && self.is_receive(w[0]),
                _ => false,
            };
            if !fits {
                let span = self.ast.stmt_span(s);
                let message = "select case must be send or receive (possibly with assignment)";
                self.error(Code::ClauseForm, span, message);
            }
        }
        self.labeled_statements(&clauses);
        self.one_default(&clauses, "select");
        self.stmt(l, r, Stmt::Select(clauses))
    }

    fn is_receive(&self, mut x: ExprId) -> bool {
        while let Expr::Paren(y) = self.ast.expr(x) {
            x = *y;
        }
        matches!(self.ast.expr(x), Expr::Unary(UnOp::Recv, _) | Expr::Bad)
    }

    /// A label stands before a statement; only before a closing brace there may be none.
    fn labeled_statements(&mut self, clauses: &[Clause]) {
        let before_others = clauses.split_last().map_or(&[][..], |(_, rest)| rest);
        for c in before_others {
            let mut last = c.body.last().copied();
            while let Some(s) = last {
                let Stmt::Labeled(name, inner) = self.ast.stmt(s) else { break };
                let (at, inner) = (name.span, *inner);
                if inner.is_none() {
                    self.error(Code::Syntax, at, "missing statement after label");
                }
                last = inner;
            }
        }
    }

    fn one_default(&mut self, clauses: &[Clause], what: &str) {
        let mut first: Option<Span> = None;
        for c in clauses.iter().filter(|c| c.kind == ClauseKind::Default) {
            match first {
                None => first = Some(c.head),
                Some(f) => {
                    let d = Diagnostic::error(Code::TwoDefaults, c.head, format!("multiple defaults in {what}"));
                    self.errors.push(d.related(f, "the first one"));
                }
            }
        }
    }

    pub fn clause(&mut self, kind: ClauseKind, body: List<StmtId>, l: u32, head: u32, r: u32) -> One<Clause> {
        let body = self.lists.vec(body);
        self.check_inner(&body);
        self.lists.hold(Clause { kind, body, head: Span::new(l, head), span: Span::new(l, r) })
    }

    /// A list of statements within a function or block.
    pub fn check_inner(&mut self, v: &[StmtId]) {
        self.check_lists(v);
        for &s in v {
            let span = self.ast.stmt_span(s);
            let what = match self.ast.stmt(s) {
                Stmt::Package(_) => "unexpected keyword package, expected statement",
                Stmt::Import(_) => "unexpected keyword import, expected statement",
                Stmt::Func(f) => {
                    let name = f.name.span;
                    let d = Diagnostic::error(Code::NotHere, name, "a function is declared inside a function");
                    self.errors.push(d.help("assign a function literal: `name := func(…) { … }`"));
                    continue;
                }
                _ => continue,
            };
            self.error(Code::NotHere, span, what);
        }
    }

    /// `a, b` is legal where a case has it, and nowhere else.
    fn check_lists(&mut self, v: &[StmtId]) {
        for &s in v {
            if let Stmt::Exprs(x) = self.ast.stmt(s)
                && x.len() > 1
            {
                let span = self.ast.stmt_span(s);
                self.error(Code::Syntax, span, "expected := or = or comma");
            }
        }
    }

    /// What may stand at the top level, and in which order. `script`: no package clause.
    pub fn check_top(&mut self, items: &[StmtId], script: bool) {
        self.check_lists(items);
        for g in std::mem::take(&mut self.guards) {
            let span = self.ast.expr_span(g);
            self.error(Code::TypeGuard, span, "use of .(type) outside type switch");
        }
        // After something that did not parse, or after one complaint, the next declaration starts anew.
        let mut quiet = false;
        let mut declared = false;
        let mut end_of_last = 0;
        let mut bodiless = false;
        for (i, &s) in items.iter().enumerate() {
            let span = self.ast.stmt_span(s);
            let was_bodiless = std::mem::replace(&mut bodiless, false);
            match self.ast.stmt(s) {
                Stmt::Package(_) if i == 0 => {}
                Stmt::Package(_) => self.error(Code::ImportOrder, span, "package statement must be first"),
                Stmt::Import(_) => {
                    if declared && !script {
                        let word = Span::new(span.lo, span.lo + "import".len() as u32);
                        self.error(Code::ImportOrder, word, "imports must appear before other declarations");
                    }
                }
                Stmt::Func(f) => {
                    (declared, quiet, bodiless) = (true, false, f.body.is_none());
                }
                Stmt::Var(_) | Stmt::Const(_) | Stmt::Type(_) => (declared, quiet) = (true, false),
                Stmt::Bad => {
                    quiet = true;
                    continue;
                }
                other => {
                    let block = matches!(other, Stmt::Block(_));
                    let broken = |r: &(Span, _)| r.0.lo >= end_of_last && r.0.lo < span.lo;
                    quiet |= self.recoveries.iter().any(broken);
                    if block && was_bodiless && !quiet {
                        let brace = Span::new(span.lo, span.lo + 1);
                        let message = "unexpected semicolon or newline before {";
                        let d = Diagnostic::error(Code::Syntax, brace, message);
                        self.errors.push(d.help("the opening brace must be on the line of the function's head"));
                        quiet = true;
                    } else if !script && !quiet {
                        let d =
                            Diagnostic::error(Code::NotHere, span, "non-declaration statement outside function body");
                        self.errors
                            .push(d.help("a file without a package clause is a script: its statements run in order"));
                        quiet = true;
                    }
                }
            }
            end_of_last = span.hi;
        }
    }
}
