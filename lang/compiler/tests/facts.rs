//! What the checker writes down for emission, on small programs.

use gol_compiler::check::lookup::{Lookup, Member, lookup_field_or_method, method_set};
use gol_compiler::info::{FuncFacts, Mode, Obj, ObjKind, SelKind};
use gol_compiler::session::{Library, Session, TextKind};
use gol_compiler::type_text::{TypeText, type_string};
use gol_compiler::types::{PkgId, Ty, TyId};
use gol_syntax::ast::{Expr, ExprId};

struct Lib;

impl Library for Lib {
    fn source(&self, path: &str) -> Option<&'static str> {
        match path {
            "runtime" => Some(include_str!("lib/runtime.gol")),
            "time" => Some(include_str!("lib/time.gol")),
            "sync" => Some(include_str!("lib/sync.gol")),
            _ => None,
        }
    }
    fn paths(&self) -> Vec<&'static str> {
        vec!["sync", "time"]
    }
}

fn checked(text: &str) -> Session {
    let mut s = Session::new(&Lib);
    let c = s.check_text("test", text.as_bytes().to_vec(), TextKind::File);
    assert!(c.ok, "{:?}", c.diagnostics);
    s
}

/// The last object of this name.
fn object<'a>(s: &'a Session, name: &str) -> &'a Obj {
    let sym = s.ast.names.find(name).expect("a name");
    s.info.objs.iter().rev().find(|o| o.name == sym).expect("an object")
}

fn text_of(s: &Session, e: ExprId) -> String {
    let span = s.ast.expr_span(e);
    let source = s.sources.source(span.lo).expect("a source");
    source.text[(span.lo - source.base) as usize..(span.hi - source.base) as usize].to_string()
}

/// The type of the last expression with this text.
fn ty(s: &Session, text: &str) -> String {
    let ids = (0..s.ast.expr_count()).rev().map(ExprId::new);
    let e = ids.filter(|&e| s.info.expr(e).is_some()).find(|&e| text_of(s, e) == text).expect("an expression");
    type_text(s, s.info.expr(e).expect("facts").ty)
}
fn type_text(s: &Session, t: TyId) -> String {
    type_string(&s.types, &s.info, &s.ast.names, t, TypeText::Message(PkgId(1)))
}

fn captures(s: &Session, f: &FuncFacts) -> Vec<String> {
    f.captures.iter().map(|&o| s.ast.name(s.info.obj(o).name).to_string()).collect()
}
/// Captured names of every literal, outermost first.
fn literals(s: &Session) -> Vec<Vec<String>> {
    let mut lits: Vec<_> = s.info.lits.iter().collect();
    lits.sort_by_key(|(e, _)| s.ast.expr_span(**e).lo);
    lits.into_iter().map(|(_, f)| captures(s, f)).collect()
}

#[test]
fn captures_are_transitive_and_in_order_of_use() {
    let s = checked(
        "package main
func main() {
	a, b, c := 1, 2, 3
	f := func(p int) int {
		g := func() int { return b + a + p }
		return g() + c
	}
	f(1)
}",
    );
    assert_eq!(literals(&s), [vec!["b", "a", "c"], vec!["b", "a", "p"]]);
}

#[test]
fn boxed_variables() {
    let s = checked(
        "package main
type T struct{ n int; a [3]int }
func (t *T) inc() { t.n++ }
func main() {
	plain, read, written, addressed, part, sliced, called, viaPtr := 1, 2, 3, 4, T{}, [3]int{}, T{}, &T{}
	func() { _ = read; written = 2 }()
	written++
	_ = &addressed
	_ = &part.a[1]
	_ = sliced[:]
	called.inc()
	viaPtr.inc()
	_ = &viaPtr.n
	plain++
}
func result() (res int) {
	defer func() { _ = res }()
	return 5
}",
    );
    for name in ["written", "addressed", "part", "sliced", "called", "res"] {
        assert!(object(&s, name).boxed(), "{name}");
    }
    for name in ["plain", "read", "viaPtr"] {
        assert!(!object(&s, name).boxed(), "{name}");
    }
}

#[test]
fn untyped_expressions_get_the_type_of_their_context() {
    let s = checked(
        "package main
type F float64
var shift uint = 2
var a F = 1 + 2
var b int64 = 1 << shift
var c = 'x'
var d interface{} = 7
var e error = nil
var f bool = shift == 3
var g = []float32{8}
func main() { _, _, _, _, _, _, _ = a, b, c, d, e, f, g }",
    );
    for (text, want) in [
        ("1 + 2", "F"),
        ("1 << shift", "int64"),
        ("1", "int64"),
        ("'x'", "int32"),
        ("7", "int"),
        ("nil", "error"),
        ("8", "float32"),
    ] {
        assert_eq!(ty(&s, text), want, "{text}");
    }
    assert_eq!(ty(&s, "shift == 3"), "bool");
    assert_eq!(ty(&s, "3"), "uint");
}

#[test]
fn comma_ok_forms_have_a_tuple() {
    let s = checked(
        "package main
func main() {
	m := map[string]int{}
	c := make(chan bool)
	var i interface{}
	v, ok := m[\"a\"]
	w, ok2 := <-c
	x, ok3 := i.(string)
	y := m[\"b\"]
	_, _, _, _, _, _, _ = v, ok, w, ok2, x, ok3, y
}",
    );
    assert_eq!(ty(&s, "m[\"a\"]"), "(int, bool)");
    assert_eq!(ty(&s, "<-c"), "(bool, bool)");
    assert_eq!(ty(&s, "i.(string)"), "(string, bool)");
    assert_eq!(ty(&s, "m[\"b\"]"), "int");
}

#[test]
fn selections_know_the_way() {
    let s = checked(
        "package main
type A struct{ x, y int }
func (*A) ptr() {}
func (A) val() {}
type B struct{ z int; *A }
type C struct{ B }
type I interface{ val() }
type D struct{ I }
func main() {
	var c C
	var d D
	_ = c.y
	c.ptr()
	d.val()
	_ = C.val
	_ = I.val
}",
    );
    let find = |text: &str| {
        let ids = (0..s.ast.expr_count()).map(ExprId::new);
        let e = ids.filter(|e| s.info.selections.contains_key(e)).find(|&e| text_of(&s, e) == text);
        s.info.selections.get(&e.expect("a selection")).cloned().expect("a selection")
    };
    assert_eq!((find("c.y").kind, &find("c.y").path[..]), (SelKind::Field, &[0, 1, 1][..]));
    assert!(matches!(find("c.ptr").kind, SelKind::Method(_)));
    assert_eq!(find("c.ptr").path[..], [0, 1]);
    assert_eq!((find("d.val").kind, &find("d.val").path[..]), (SelKind::IfaceMethod, &[0][..]));
    assert!(matches!(find("C.val").kind, SelKind::MethodExpr(_)));
    assert_eq!(ty(&s, "C.val"), "func(C)");
    assert_eq!(find("I.val").kind, SelKind::IfaceMethodExpr);
    let c = object(&s, "C").ty;
    let set: Vec<_> =
        method_set(&s.types, &s.info, &s.ast.names, c).into_iter().map(|m| (m.needs_ptr, m.indirect)).collect();
    assert_eq!(set, [(false, true), (false, true)]);
    let y = s.ast.names.find("y").expect("a name");
    let found = lookup_field_or_method(&s.types, &s.info, c, y, PkgId(1));
    assert!(matches!(found, Lookup::Found(f) if matches!(f.member, Member::Field(_)) && f.indirect));
}

#[test]
fn initialisation_follows_dependencies_through_functions() {
    let s = checked(
        "package main
var a = f()
var b, c = g()
var d = 1
func f() int { return c + h() }
func g() (int, int) { return d, d }
func h() int { return d }
var e int
var z = e
func main() { _, _ = a, z }",
    );
    let names: Vec<String> = s.info.pkgs[1]
        .inits
        .iter()
        .map(|i| i.lhs.iter().flatten().map(|&o| s.ast.name(s.info.obj(o).name)).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(names, ["d", "b,c", "a", "z"]);
}

#[test]
fn type_switch_variables_are_one_a_clause() {
    let s = checked(
        "package main
func main() {
	var i interface{}
	switch v := i.(type) {
	case int: _ = v
	case string, bool: _ = v
	default: _ = v
	}
}",
    );
    let mut types: Vec<String> = s.info.implicits.values().map(|&o| type_text(&s, s.info.obj(o).ty)).collect();
    types.sort();
    assert_eq!(types, ["any", "any", "int"]);
}

#[test]
fn bodies_that_are_functions() {
    let s = checked(
        "x := 1
{
	y := 2
	go { y++; _ = x }
	par { use(y); use(x) }
	par for i := range 3 { use(i + y) }
}
func use(n int) {}",
    );
    let go: Vec<_> = s.info.block_funcs.values().map(|f| captures(&s, f)).collect();
    assert_eq!(go, [["y"]]);
    let mut par: Vec<_> = s.info.stmt_funcs.values().map(|f| captures(&s, f)).collect();
    par.sort();
    assert_eq!(par, [vec![], vec!["i".to_string(), "y".into()], vec!["y".into()]]);
    assert_eq!(object(&s, "x").kind, ObjKind::Global);
    assert_eq!(s.info.pkgs[1].script.len(), 2);
}

#[test]
fn durations_are_constants_of_their_own() {
    let s = checked("d := 500ms\ntype N int64\nvar n N = 2s\nf := 3 * 1h\n_, _, _ = d, n, f");
    assert_eq!(ty(&s, "500ms"), "time.Duration");
    assert_eq!(ty(&s, "2s"), "N");
    assert_eq!(ty(&s, "3 * 1h"), "time.Duration");
    assert!(s.info.pkgs[1].imports.len() == 1);
}

#[test]
fn the_last_expression_of_a_prompt_line_is_printed() {
    let mut s = Session::new(&Lib);
    for (line, printed) in [("x := 1", false), ("x + 1", true), ("func() {}()", false), ("x++", false), ("x", true)] {
        assert!(s.check_text("<prompt>", line.into(), TextKind::Prompt).ok, "{line}");
        assert_eq!(s.info.pkgs[1].print_last.is_some(), printed, "{line}");
    }
}

#[test]
fn every_kind_of_name_has_its_object() {
    let s = checked(
        "package main\nimport \"time\"\nfunc main() { a, b := 1, time.Second; c, b := 2, b; _, _, _ = a, b, c }",
    );
    let uses = (0..s.ast.expr_count()).map(ExprId::new).filter(|e| s.info.uses.contains_key(e));
    let qualified = uses.filter(|&e| matches!(s.ast.expr(e), Expr::Select(..))).count();
    assert!(qualified >= 1);
    let packages = (0..s.ast.expr_count()).map(ExprId::new).filter_map(|e| s.info.expr(e));
    assert!(packages.into_iter().any(|i| matches!(i.mode, Mode::Pkg(_))));
    assert!(s.types.len() > 30 && matches!(s.types.get(object(&s, "main").ty), Ty::Func(_)));
}

#[test]
fn uses_of_generic_functions_have_their_type_arguments() {
    let s = checked(
        "package main
type Pair[K comparable, V any] struct { k K; v V }
func (p *Pair[A, B]) Swap(b B) A { return p.k }
type Str interface{ Str() string }
func Map[A, B any](xs []A, f func(A) B) (out []B) { return }
func Show[T Str](x T) string { g := x.Str; return g() + x.Str() }
func Rec[T any](x T) { Rec([]int(nil)); Rec[T](x); var c T; _ = c; _ = len(\"a\") }
func Two[A, B any](b B) A { var a A; return a }
func Lit[N ~int|~float64](n N) N { return n + 1 }
func main() {
	var p Pair[string, int]
	_ = p.Swap(1)
	_ = (*Pair[string, int]).Swap
	_ = Map([]int{}, func(i int) string { return \"\" })
	_ = Two[bool](2)
	_ = (Two[bool, rune])('a')
}",
    );
    let args = |text: &str| -> Vec<String> {
        let ids = (0..s.ast.expr_count()).map(ExprId::new);
        let e = ids.filter(|e| s.info.instances.contains_key(e)).find(|&e| text_of(&s, e) == text);
        let list = &s.info.instances[&e.expect("an instance")];
        list.iter().map(|&t| type_text(&s, t)).collect()
    };
    assert_eq!(args("Map"), ["int", "string"]);
    assert_eq!(args("Two[bool]"), ["bool", "int"]);
    assert_eq!(args("Two[bool, rune]"), ["bool", "int32"]);
    assert_eq!(args("Rec"), ["[]int"]);
    assert_eq!(args("Rec[T]"), ["T"]);
    assert_eq!(ty(&s, "Two[bool]"), "func(int) bool");
    assert_eq!(ty(&s, "p.Swap"), "func(int) string");
    assert_eq!(ty(&s, "(*Pair[string, int]).Swap"), "func(*Pair[string, int], int) string");
    let ids = (0..s.ast.expr_count()).map(ExprId::new);
    let found = ids.filter_map(|e| s.info.selections.get(&e).map(|sel| (text_of(&s, e), sel)));
    let kinds: Vec<_> = found.filter(|(t, _)| t == "x.Str").map(|(_, sel)| sel.kind.clone()).collect();
    assert_eq!(kinds, [SelKind::TypeParamMethod, SelKind::TypeParamMethod]);
    // A constant that becomes a value of a type parameter's type keeps its value.
    let mut ones = (0..s.ast.expr_count()).map(ExprId::new).filter(|&e| text_of(&s, e) == "1");
    let of_n = |&e: &ExprId| s.info.expr(e).is_some_and(|i| type_text(&s, i.ty) == "N");
    let one = ones.find(of_n).expect("the constant");
    assert!(s.info.value(one).is_some());
    let swap = object(&s, "Swap");
    let facts = s.info.funcs.values().find(|f| f.recv.is_some()).expect("the method");
    assert_eq!(facts.tparams.len(), 2);
    assert!(matches!(swap.kind, ObjKind::Method { .. }));
}

#[test]
fn bodies_of_loops_over_functions_are_functions() {
    let s = checked(
        "package main
func seq(yield func(int, string) bool) {}
func main() {
	n := 0
	for i, t := range seq {
		n += i
		_ = t
		defer print()
	}
}",
    );
    let body = s.info.stmt_funcs.values().next().expect("a body");
    assert_eq!(captures(&s, body), ["n"]);
    assert_eq!(type_text(&s, body.sig), "func(int, string) bool");
    assert!(!body.has_defer && s.info.funcs.values().any(|f| f.has_defer));
}
