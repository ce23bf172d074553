//! Sets `gol_tail` where handlers may leave by sibling calls: x86-64, optimised, not under Miri, not asked otherwise.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(gol_tail)");
    println!("cargo::rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let optimised = matches!(var("OPT_LEVEL").as_str(), "1" | "2" | "3" | "s" | "z");
    let portable = std::env::var_os("CARGO_FEATURE_PORTABLE").is_some();
    let miri = std::env::var_os("CARGO_CFG_MIRI").is_some();
    if optimised && !portable && !miri && var("CARGO_CFG_TARGET_ARCH") == "x86_64" {
        println!("cargo::rustc-cfg=gol_tail");
    }
}
