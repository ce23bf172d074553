//! Tests of exact constants.
use super::*;

fn num(s: &str) -> Value {
    parse_number(s).expect(s)
}

#[test]
fn integers_in_every_base() {
    for (text, want) in [("0", 0), ("42", 42), ("1_000", 1000), ("0x_Ff", 255), ("0b101", 5), ("0o17", 15), ("017", 15)]
    {
        assert_eq!(num(text), Value::int(want), "{text}");
    }
}

#[test]
fn floats_are_exact_and_round_once() {
    for text in
        ["1.5", ".25", "1e3", "0x1p-2", "0x1.8p1", "3.14159", "1e-310", "4.9e-324", "2.2250738585072011e-308", "1e308"]
    {
        let want = match text {
            "0x1p-2" => 0.25,
            "0x1.8p1" => 3.0,
            t => t.parse::<f64>().expect(t),
        };
        assert_eq!(num(text).to_f64(), Some(want), "{text}");
    }
    for text in ["0.1", "16777217.0", "1e-45", "3.4028235e38", "1.17549428e-38"] {
        assert_eq!(num(text).to_f32(), text.parse::<f32>().ok(), "{text}");
    }
    assert_eq!(num("1e400").to_f64(), Some(f64::INFINITY));
    assert_eq!(num("1e100000").to_f64(), Some(f64::INFINITY));
    assert_eq!(num("-1e-100000".trim_start_matches('-')).to_f64(), Some(0.0));
    assert!(parse_number("1e1000000000").is_none());
}

/// Digits and exponents around what floats and words hold.
#[test]
fn short_and_long_ways_round_alike() {
    let digits = ["1", "3", "15", "16777217", "9007199254740993", "18014398509481985", "1844674407370955161500001"];
    for (m, e) in digits.iter().flat_map(|m| (-345..=310).map(move |e| (m, e))) {
        let text = format!("{m}e{e}");
        let v = num(&text);
        assert_eq!(v.to_f64(), text.parse::<f64>().ok(), "{text}");
        assert_eq!(v.to_f32(), text.parse::<f32>().ok(), "{text}");
        let r = v.to_float().expect("a float");
        assert_eq!(r, r.reduced(), "{text}");
        let f = v.to_f64().and_then(of_float);
        assert_eq!(f, v.to_f64().and_then(BigRational::from_float), "{text}");
        assert_eq!(v.represent(Basic::Float64).ok().and_then(|v| v.to_float()), f, "{text}");
    }
}

#[test]
fn arithmetic_keeps_lowest_terms() {
    let texts = ["0.0", "1.0", "2.5", "0.2", "0.125", "0.3", "75e-3", "640.0", "1e-30", "0.99999999999999999999999"];
    let mut all: Vec<BigRational> = texts.iter().filter_map(|t| num(t).to_float()).collect();
    all.push(BigRational::new(5.into(), 21.into()));
    all.extend(all.clone().iter().map(|r| -r));
    for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
        let check = |op, want: BigRational| {
            let got = float_arith(op, a, b).and_then(|v| v.to_float()).expect("a number");
            assert_eq!((got.numer(), got.denom()), (want.numer(), want.denom()), "{a} {op:?} {b}");
        };
        check(Arith::Add, a + b);
        check(Arith::Sub, a - b);
        check(Arith::Mul, a * b);
    }
}

#[test]
fn max_float64_of_package_math() {
    let two = num("0x1p1023");
    let eps = Value::arith(Arith::Sub, &num("1"), &num("0x1p-52")).expect("a difference");
    let v =
        Value::arith(Arith::Mul, &two, &Value::arith(Arith::Add, &num("1"), &eps).expect("a sum")).expect("a product");
    assert_eq!(v.to_f64(), Some(f64::MAX));
    assert!(v.represent(Basic::Float64).is_ok());
    assert_eq!(v.represent(Basic::Float32), Err(Misfit::Overflows));
}

#[test]
fn ranges() {
    assert!(num("127").represent(Basic::Int8).is_ok());
    assert_eq!(num("128").represent(Basic::Int8), Err(Misfit::Overflows));
    assert!(num("128").neg().expect("a number").represent(Basic::Int8).is_ok());
    assert_eq!(num("1.5").represent(Basic::Int), Err(Misfit::Truncated));
    assert_eq!(num("2.0").represent(Basic::Int), Ok(Value::int(2)));
    assert_eq!(num("1").neg().expect("a number").represent(Basic::Uint), Err(Misfit::Overflows));
    assert_eq!(Value::str("a").represent(Basic::Int), Err(Misfit::Kind));
    assert!(num("0xffffffffffffffff").represent(Basic::Uint64).is_ok());
    assert!(num("0x10000000000000000").represent(Basic::Uint64).is_err());
}

#[test]
fn division_truncates_for_integers_only() {
    let (a, b) = (num("7").neg().expect("a number"), num("2"));
    assert_eq!(Value::arith(Arith::Div { int: true }, &a, &b), Some(Value::int(-3)));
    assert_eq!(Value::arith(Arith::Rem, &a, &b), Some(Value::int(-1)));
    assert_eq!(Value::arith(Arith::Div { int: false }, &a, &num("2.0")).and_then(|v| v.to_f64()), Some(-3.5));
    assert_eq!(Value::arith(Arith::Div { int: true }, &a, &num("0")), None);
}

#[test]
fn huge_products_stay_small() {
    let mut v = num("1.1");
    for _ in 0..40 {
        v = Value::arith(Arith::Mul, &v, &v).unwrap_or(v);
        if v.to_f64() == Some(f64::INFINITY) {
            break;
        }
    }
    assert!(matches!(&v, Value::Float(r) if r.numer().bits() < 70_000));
}

#[test]
fn durations() {
    for (text, ns) in
        [("500ms", 500_000_000i64), ("1h30m", 5_400_000_000_000), ("1.5s", 1_500_000_000), ("3us", 3000), ("7ns", 7)]
    {
        assert_eq!(parse_duration(text), Some(Value::int(ns)), "{text}");
    }
}

#[test]
fn strings_and_runes() {
    assert_eq!(parse_string(r#""a\n\x41\u00e9\101""#).as_deref(), Some("a\nA\u{e9}A".as_bytes()));
    assert_eq!(parse_string("`a\\n\r`").as_deref(), Some(&b"a\\n"[..]));
    assert_eq!(parse_rune("'x'"), Some(120));
    assert_eq!(parse_rune(r"'\''"), Some(39));
    assert_eq!(parse_rune(r"'\u65e5'"), Some(0x65e5));
}

#[test]
fn shown_as_go_shows_them() {
    for (text, want) in
        [("1e100", "1e+100"), ("1.5", "1.5"), ("3.0", "3"), ("0.000001", "1e-06"), ("123456.7", "123457")]
    {
        assert_eq!(num(text).to_string(), want);
    }
}

#[test]
fn exponents_beyond_all_types() {
    let quotient = |a: &str, b: &str| Value::arith(Arith::Div { int: false }, &num(a), &num(b)).expect("a quotient");
    for (a, b) in [("1e646456992", "1e646456991"), ("1e64645699", "1e64645698"), ("3e-779137", "3e-779138")] {
        assert_eq!(quotient(a, b).to_f64(), Some(10.0), "{a}");
    }
    let large = num("1e500000000");
    assert_eq!(Value::arith(Arith::Mul, &large, &large), None);
    assert_eq!(Value::arith(Arith::Sub, &large, &large).and_then(|v| v.to_f64()), Some(0.0));
    assert_eq!(Value::compare(&large, &num("1e400000000")), Some(Ordering::Greater));
    assert_eq!(Value::compare(&num("0x1p-2000000"), &num("0.0")), Some(Ordering::Greater));
    assert_eq!(format!("{large}"), "1e+500000000");
    assert!(large.represent(Basic::Float64).is_err());
    assert!(large.represent(Basic::UntypedFloat).is_ok());
}
