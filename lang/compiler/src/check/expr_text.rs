//! Expressions as text, for messages: normalised, with bodies left out.

use super::Checker;
use gol_syntax::ast::{Dir, Expr, ExprId, IfaceElem, Param, Sig, UnOp};

/// Longer texts are cut in the middle.
const MAX: usize = 120;

impl Checker<'_> {
    pub(super) fn expr_text(&self, e: ExprId) -> String {
        let mut out = String::new();
        self.write_expr(&mut out, e, 0);
        if out.chars().count() > MAX {
            let head: String = out.chars().take(MAX / 2).collect();
            let tail: Vec<char> = out.chars().rev().take(MAX / 4).collect();
            out = format!("{head}…{}", tail.into_iter().rev().collect::<String>());
        }
        out
    }
    fn write_list(&self, out: &mut String, list: &[ExprId], depth: u32) {
        for (i, &e) in list.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            self.write_expr(out, e, depth);
        }
    }
    fn write_expr(&self, out: &mut String, e: ExprId, depth: u32) {
        if depth > 40 || out.len() > 4 * MAX {
            out.push('…');
            return;
        }
        let d = depth + 1;
        match self.ast.expr(e) {
            Expr::Bad => out.push_str("BadExpr"),
            Expr::Name(s) | Expr::Str(s) => out.push_str(self.name(*s)),
            Expr::Lit(l) => out.push_str(self.name(l.sym)),
            Expr::Interp(_) => out.push_str("$\"…\""),
            Expr::Paren(x) => {
                out.push('(');
                self.write_expr(out, *x, d);
                out.push(')');
            }
            Expr::FuncLit(sig, body) => {
                out.push_str("func");
                self.write_sig(out, sig, d);
                out.push_str(if self.ast.block(*body).stmts.is_empty() { " {}" } else { " {…}" });
            }
            Expr::CompLit(ty, elems) => {
                if let Some(t) = ty {
                    self.write_expr(out, *t, d);
                }
                out.push_str(if elems.is_empty() { "{}" } else { "{…}" });
            }
            Expr::Select(x, name) => {
                self.write_expr(out, *x, d);
                out.push('.');
                out.push_str(self.name(name.sym));
            }
            Expr::Index(x, list) => {
                self.write_expr(out, *x, d);
                out.push('[');
                self.write_list(out, list, d);
                out.push(']');
            }
            Expr::SliceExpr(x, parts, three) => {
                self.write_expr(out, *x, d);
                out.push('[');
                for (i, p) in parts.iter().enumerate().take(if *three { 3 } else { 2 }) {
                    out.push_str(if i > 0 { ":" } else { "" });
                    if let Some(p) = p {
                        self.write_expr(out, *p, d);
                    }
                }
                out.push(']');
            }
            Expr::TypeAssert(x, ty) => {
                self.write_expr(out, *x, d);
                out.push_str(".(");
                match ty {
                    Some(t) => self.write_expr(out, *t, d),
                    None => out.push_str("type"),
                }
                out.push(')');
            }
            Expr::Call(f, args, dots) => {
                self.write_expr(out, *f, d);
                out.push('(');
                self.write_list(out, args, d);
                out.push_str(if *dots { "...)" } else { ")" });
            }
            Expr::Unary(op, x) => {
                out.push_str(unary_text(*op));
                self.write_expr(out, *x, d);
            }
            Expr::Binary(..) => self.write_chain(out, e, d),
            _ => self.write_type(out, e, d),
        }
    }
    /// A left-deep chain of binary operators, in a loop.
    fn write_chain(&self, out: &mut String, e: ExprId, d: u32) {
        let mut spine = vec![];
        let mut x = e;
        while let Expr::Binary(op, l, r) = self.ast.expr(x) {
            spine.push((*op, *r));
            x = *l;
        }
        self.write_expr(out, x, d);
        for (op, r) in spine.into_iter().rev() {
            out.push(' ');
            out.push_str(op.text());
            out.push(' ');
            self.write_expr(out, r, d);
            if out.len() > 4 * MAX {
                return;
            }
        }
    }
    fn write_type(&self, out: &mut String, e: ExprId, d: u32) {
        match self.ast.expr(e) {
            Expr::Array(n, t) => {
                out.push('[');
                match n {
                    Some(n) => self.write_expr(out, *n, d),
                    None => out.push_str("..."),
                }
                out.push(']');
                self.write_expr(out, *t, d);
            }
            Expr::Slice(t) => {
                out.push_str("[]");
                self.write_expr(out, *t, d);
            }
            Expr::Map(k, v) => {
                out.push_str("map[");
                self.write_expr(out, *k, d);
                out.push(']');
                self.write_expr(out, *v, d);
            }
            Expr::Chan(dir, t) => {
                out.push_str(match dir {
                    Dir::Both => "chan ",
                    Dir::Send => "chan<- ",
                    Dir::Recv => "<-chan ",
                });
                self.write_expr(out, *t, d);
            }
            Expr::Func(sig) => {
                out.push_str("func");
                self.write_sig(out, sig, d);
            }
            Expr::Struct(fields) => {
                out.push_str("struct{");
                for (i, f) in fields.iter().enumerate() {
                    out.push_str(if i > 0 { "; " } else { "" });
                    for (k, n) in f.names.iter().enumerate() {
                        out.push_str(if k > 0 { ", " } else { "" });
                        out.push_str(self.name(n.sym));
                    }
                    out.push_str(if f.names.is_empty() { "" } else { " " });
                    self.write_expr(out, f.ty, d);
                }
                out.push('}');
            }
            Expr::Interface(elems) => {
                out.push_str("interface{");
                for (i, m) in elems.iter().enumerate() {
                    out.push_str(if i > 0 { "; " } else { "" });
                    match m {
                        IfaceElem::Method(n, sig) => {
                            out.push_str(self.name(n.sym));
                            self.write_sig(out, sig, d);
                        }
                        IfaceElem::Embed(t) => self.write_expr(out, *t, d),
                    }
                }
                out.push('}');
            }
            _ => {}
        }
    }
    fn write_params(&self, out: &mut String, list: &[Param], d: u32) {
        for (i, p) in list.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            if let Some(n) = p.name {
                out.push_str(self.name(n.sym));
                out.push(' ');
            }
            out.push_str(if p.dots { "..." } else { "" });
            if let Some(t) = p.ty {
                self.write_expr(out, t, d);
            }
        }
    }
    fn write_sig(&self, out: &mut String, sig: &Sig, d: u32) {
        out.push('(');
        self.write_params(out, &sig.params, d);
        out.push(')');
        if let [one] = &sig.results[..]
            && one.name.is_none()
        {
            out.push(' ');
            self.write_params(out, &sig.results, d);
        } else if !sig.results.is_empty() {
            out.push_str(" (");
            self.write_params(out, &sig.results, d);
            out.push(')');
        }
    }
}

pub(super) fn unary_text(op: UnOp) -> &'static str {
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
