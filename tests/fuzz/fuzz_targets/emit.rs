//! Any bytes: what the checker accepts is emitted, the verifier accepts what was emitted, and it can be shown. Twice in one session, as
//! at the prompt.
#![no_main]

use gol_compiler::session::TextKind;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut session = gol_fuzz::session();
    for name in ["first", "second"] {
        if session.compile(name, data.to_vec(), TextKind::Prompt).unit.is_none() {
            continue;
        }
        let program = session.functions().all();
        gol_bytecode::verify(&program, 0).expect("the verifier refuses what the compiler emitted");
        for id in 0..program.funcs.len() {
            gol_bytecode::disasm_with(&program, id as u32, &|_| String::new());
        }
    }
});
