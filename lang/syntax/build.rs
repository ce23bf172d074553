//! Makes the parser's tables from `src/grammar.lalrpop`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let done = lalrpop::Configuration::new()
        .use_cargo_dir_conventions()
        .emit_rerun_directives(true)
        .emit_whitespace(false)
        .process();
    if let Err(e) = done {
        panic!("the grammar does not compile: {e}");
    }
}
