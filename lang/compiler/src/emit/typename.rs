//! Names of types as `%T` prints them. Inside the brackets of an instance Go writes more: whole paths of packages, numbers of
//! types that are declared in functions, packages of unexported fields.

use super::Em;
use crate::types::{Basic, FuncTy, PkgId, Ty, TyId};
use gol_syntax::ast::Dir;

fn basic(b: Basic) -> &'static str {
    match b {
        Basic::Bool | Basic::UntypedBool => "bool",
        Basic::Int | Basic::UntypedInt => "int",
        Basic::Int8 => "int8",
        Basic::Int16 => "int16",
        Basic::Int32 | Basic::UntypedRune => "int32",
        Basic::Int64 | Basic::UntypedDuration => "int64",
        Basic::Uint => "uint",
        Basic::Uint8 => "uint8",
        Basic::Uint16 => "uint16",
        Basic::Uint32 => "uint32",
        Basic::Uint64 => "uint64",
        Basic::Uintptr => "uintptr",
        Basic::Float32 => "float32",
        Basic::Float64 | Basic::UntypedFloat => "float64",
        Basic::Complex64 => "complex64",
        Basic::Complex128 | Basic::UntypedComplex => "complex128",
        Basic::String | Basic::UntypedString => "string",
        Basic::UnsafePointer | Basic::UntypedNil => "unsafe.Pointer",
    }
}

/// How much a name says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Short,
    /// Type arguments: no two types have the same.
    Full,
}

impl Em<'_> {
    pub(super) fn type_name(&self, ty: TyId) -> String {
        let mut s = String::new();
        self.write_type(ty, Names::Short, &mut s);
        s
    }
    fn write_type(&self, ty: TyId, how: Names, s: &mut String) {
        match self.types.get(ty) {
            Ty::Error | Ty::TypeParam(_) => s.push('?'),
            Ty::Basic(b) => s.push_str(basic(*b)),
            Ty::Named(n) => {
                let n = self.types.named(*n);
                if n.pkg.0 != 0 {
                    s.push_str(match how {
                        Names::Short => self.pkg_name(n.pkg),
                        Names::Full => self.pkg_label(n.pkg),
                    });
                    s.push('.');
                }
                s.push_str(self.ast.name(n.name));
                if !n.targs.is_empty() {
                    self.write_list(["[", ",", "]"], &n.targs, Names::Full, s);
                }
                if n.local > 0 && how == Names::Full {
                    s.push_str(&format!("·{}", n.local));
                }
            }
            Ty::Pointer(t) => {
                s.push('*');
                self.write_type(*t, how, s);
            }
            Ty::Slice(t) => {
                s.push_str("[]");
                self.write_type(*t, how, s);
            }
            Ty::Array(n, t) => {
                s.push_str(&format!("[{n}]"));
                self.write_type(*t, how, s);
            }
            Ty::Map(k, v) => {
                s.push_str("map[");
                self.write_type(*k, how, s);
                s.push(']');
                self.write_type(*v, how, s);
            }
            Ty::Chan(dir, t) => {
                s.push_str(match dir {
                    Dir::Both => "chan ",
                    Dir::Send => "chan<- ",
                    Dir::Recv => "<-chan ",
                });
                let inner = matches!(self.types.get(*t), Ty::Chan(Dir::Recv, _)) && *dir != Dir::Recv;
                s.push_str(if inner { "(" } else { "" });
                self.write_type(*t, how, s);
                s.push_str(if inner { ")" } else { "" });
            }
            Ty::Func(f) => {
                s.push_str("func");
                self.write_sig(f, how, s);
            }
            Ty::Tuple(tys) => self.write_list(["(", ", ", ")"], tys, how, s),
            Ty::Struct(fields) => {
                s.push_str("struct {");
                for (i, f) in fields.iter().enumerate() {
                    s.push_str(if i == 0 { " " } else { "; " });
                    if !f.embedded {
                        if how == Names::Full && f.pkg.0 != 0 {
                            s.push_str(self.pkg_label(f.pkg));
                            s.push('.');
                        }
                        s.push_str(self.ast.name(f.name));
                        s.push(' ');
                    }
                    self.write_type(f.ty, how, s);
                    if let Some(t) = f.tag {
                        s.push_str(&format!(" {:?}", self.ast.name(t)));
                    }
                }
                s.push_str(if fields.is_empty() { "}" } else { " }" });
            }
            Ty::Interface(i) => {
                s.push_str("interface {");
                for (k, m) in i.methods.iter().enumerate() {
                    s.push_str(if k == 0 { " " } else { "; " });
                    s.push_str(self.ast.name(m.name));
                    if let Ty::Func(f) = self.types.get(m.sig) {
                        self.write_sig(f, how, s);
                    }
                }
                s.push_str(if i.methods.is_empty() { "}" } else { " }" });
            }
        }
    }
    fn write_list(&self, [open, sep, close]: [&str; 3], tys: &[TyId], how: Names, s: &mut String) {
        s.push_str(open);
        for (i, t) in tys.iter().enumerate() {
            s.push_str(if i > 0 { sep } else { "" });
            self.write_type(*t, how, s);
        }
        s.push_str(close);
    }
    fn pkg_name(&self, pkg: PkgId) -> &str {
        match self.info.pkgs.get(pkg.0 as usize) {
            Some(p) if !p.name.is_empty() => &p.name,
            _ => "main",
        }
    }
    fn write_sig(&self, f: &FuncTy, how: Names, s: &mut String) {
        s.push('(');
        for (i, p) in f.params.iter().enumerate() {
            s.push_str(if i > 0 { ", " } else { "" });
            match self.types.get(*p) {
                Ty::Slice(t) if f.variadic && i + 1 == f.params.len() => {
                    s.push_str("...");
                    self.write_type(*t, how, s);
                }
                _ => self.write_type(*p, how, s),
            }
        }
        s.push(')');
        match f.results[..] {
            [] => {}
            [r] => {
                s.push(' ');
                self.write_type(r, how, s);
            }
            _ => {
                s.push(' ');
                self.write_list(["(", ", ", ")"], &f.results, how, s);
            }
        }
    }
}
