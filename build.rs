//! On Linux the executable lies at a fixed address: some twelve thousand addresses in its tables (of texts, parser states, natives)
//! would have to be written at every start otherwise, which takes longer than a small program runs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    if var("CARGO_CFG_TARGET_OS") == "linux" && var("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
