//! Names of types as `%T` prints them.

use super::Em;
use crate::types::{Basic, FuncTy, Ty, TyId};
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

impl Em<'_> {
    pub(super) fn type_name(&self, ty: TyId) -> String {
        let mut s = String::new();
        self.write_type(ty, &mut s);
        s
    }
    fn write_type(&self, ty: TyId, s: &mut String) {
        match self.types.get(ty) {
            Ty::Error | Ty::TypeParam(_) => s.push('?'),
            Ty::Basic(b) => s.push_str(basic(*b)),
            Ty::Named(n) => {
                let n = self.types.named(*n);
                if n.pkg.0 != 0 {
                    let name = self.info.pkgs.get(n.pkg.0 as usize).map_or("main", |p| p.name.as_str());
                    s.push_str(if name.is_empty() { "main" } else { name });
                    s.push('.');
                }
                s.push_str(self.ast.name(n.name));
                self.write_list("[", &n.targs, ",", "]", s);
            }
            Ty::Pointer(t) => {
                s.push('*');
                self.write_type(*t, s);
            }
            Ty::Slice(t) => {
                s.push_str("[]");
                self.write_type(*t, s);
            }
            Ty::Array(n, t) => {
                s.push_str(&format!("[{n}]"));
                self.write_type(*t, s);
            }
            Ty::Map(k, v) => {
                s.push_str("map[");
                self.write_type(*k, s);
                s.push(']');
                self.write_type(*v, s);
            }
            Ty::Chan(dir, t) => {
                s.push_str(match dir {
                    Dir::Both => "chan ",
                    Dir::Send => "chan<- ",
                    Dir::Recv => "<-chan ",
                });
                let inner = matches!(self.types.get(*t), Ty::Chan(Dir::Recv, _)) && *dir != Dir::Recv;
                s.push_str(if inner { "(" } else { "" });
                self.write_type(*t, s);
                s.push_str(if inner { ")" } else { "" });
            }
            Ty::Func(f) => {
                s.push_str("func");
                self.write_sig(f, s);
            }
            Ty::Tuple(tys) => self.write_list("(", tys, ", ", ")", s),
            Ty::Struct(fields) => {
                s.push_str("struct {");
                for (i, f) in fields.iter().enumerate() {
                    s.push_str(if i == 0 { " " } else { "; " });
                    if !f.embedded {
                        s.push_str(self.ast.name(f.name));
                        s.push(' ');
                    }
                    self.write_type(f.ty, s);
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
                        self.write_sig(f, s);
                    }
                }
                s.push_str(if i.methods.is_empty() { "}" } else { " }" });
            }
        }
    }
    fn write_list(&self, open: &str, tys: &[TyId], sep: &str, close: &str, s: &mut String) {
        if tys.is_empty() && open == "[" {
            return;
        }
        s.push_str(open);
        for (i, t) in tys.iter().enumerate() {
            s.push_str(if i > 0 { sep } else { "" });
            self.write_type(*t, s);
        }
        s.push_str(close);
    }
    fn write_sig(&self, f: &FuncTy, s: &mut String) {
        s.push('(');
        for (i, p) in f.params.iter().enumerate() {
            s.push_str(if i > 0 { ", " } else { "" });
            match self.types.get(*p) {
                Ty::Slice(t) if f.variadic && i + 1 == f.params.len() => {
                    s.push_str("...");
                    self.write_type(*t, s);
                }
                _ => self.write_type(*p, s),
            }
        }
        s.push(')');
        match f.results[..] {
            [] => {}
            [r] => {
                s.push(' ');
                self.write_type(r, s);
            }
            _ => {
                s.push(' ');
                self.write_list("(", &f.results, ", ", ")", s);
            }
        }
    }
}
