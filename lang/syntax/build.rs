//! Makes the tables of the two parsers from `src/grammar.lalrpop`, each in a thread of its own: it takes half a minute.

use std::path::Path;
use std::thread;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/grammar.lalrpop");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    let recovery = out.clone();
    let second = thread::spawn(move || tables(&Path::new(&recovery).join("recovery"), &["recovery".to_string()]));
    tables(&Path::new(&out).join("plain"), &[]);
    second.join().expect("the other tables are made");
}

fn tables(out: &Path, features: &[String]) {
    let done = lalrpop::Configuration::new()
        .set_in_dir("src")
        .set_out_dir(out)
        .set_features(features.iter().cloned())
        .emit_whitespace(false)
        .process();
    if let Err(e) = done {
        panic!("the grammar does not compile: {e}");
    }
}
