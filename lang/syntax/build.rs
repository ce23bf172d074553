//! Makes the tables of the two parsers from `src/grammar.lalrpop`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    for (name, features) in [("plain", vec![]), ("recovery", vec!["recovery".to_string()])] {
        let done = lalrpop::Configuration::new()
            .set_in_dir("src")
            .set_out_dir(out.join(name))
            .set_features(features)
            .emit_rerun_directives(true)
            .emit_whitespace(false)
            .process();
        if let Err(e) = done {
            panic!("the grammar does not compile: {e}");
        }
    }
}
