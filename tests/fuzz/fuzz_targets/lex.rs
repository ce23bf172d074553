//! Any bytes: the lexer and the layout pass give tokens that lie in the text, in order, between characters.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (text, _) = gol_syntax::decode(data.to_vec());
    let mut at = 0;
    for (_, range) in gol_syntax::tokens(&text) {
        assert!(at <= range.start && range.start < range.end, "{at} {range:?}");
        assert!(text.get(range.clone()).is_some(), "{range:?}");
        at = range.end;
    }
    gol_syntax::incomplete(&text);
});
