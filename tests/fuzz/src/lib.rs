//! What the targets share: a session that finds no folders, and natives of package os that touch nothing outside of the process.

use gol_compiler::session::Session;
use gol_vm::native::{Cx, Fault, Native, NativeFn};
use std::path::Path;
use std::sync::OnceLock;

/// A session that can import the library's packages only: there is no such folder.
pub fn session() -> Session {
    gol::machine::session(&gol::cli::Options::default(), Path::new("/no/such/folder"))
}

/// What of package os is left as it is.
const HARMLESS: &[&str] = &["os.errnoText", "os.args", "os.exit", "os.getpid", "os.tempDir", "os.hostname", "os.userHome", "os.processIds"];

/// What panics when it is called: the network, and signals (also to other processes).
const BARRED: &[&str] = &["net.", "os/signal.", "syscall.kill"];

/// All natives, those of package os that reach the system replaced by ones that refuse, without those that are barred.
pub fn natives() -> Vec<&'static [Native]> {
    static OS: OnceLock<Vec<Native>> = OnceLock::new();
    let os = OS.get_or_init(|| {
        let mut all = gol_stdlib::os::NATIVES.to_vec();
        for native in all.iter_mut().filter(|n| !HARMLESS.contains(&n.name)) {
            native.run = NativeFn::Leaf(refusal(native.name));
        }
        all
    });
    let mut out: Vec<&'static [Native]> = gol_stdlib::natives();
    out.retain(|list| !list.iter().any(|n| n.name.starts_with("os.")));
    out.push(os);
    static BARRED_LISTS: OnceLock<Vec<Vec<Native>>> = OnceLock::new();
    let barred = |n: &Native| BARRED.iter().any(|b| n.name.starts_with(b));
    let lists = BARRED_LISTS.get_or_init(|| {
        let refused = |n: &Native| if barred(n) { Native { run: NativeFn::Leaf(|_| Err(Fault::nil())), ..*n } } else { *n };
        out.iter().filter(|list| list.iter().any(barred)).map(|list| list.iter().map(refused).collect()).collect()
    });
    out.retain(|list| !list.iter().any(barred));
    out.extend(lists.iter().map(Vec::as_slice));
    out
}

/// A native that returns "not permitted" (or, where it gives no error number, zero values). New natives of package os have no row
/// here and must get one before anything runs.
fn refusal(name: &str) -> fn(&mut Cx) -> Result<(), Fault> {
    const EPERM: u64 = 1;
    match name {
        "os.closeFd" | "os.syncFd" | "os.truncateFd" | "os.remove" | "os.removeAll" | "os.mkdir" | "os.rename"
        | "os.chdir" | "os.link" | "os.chmod" => |cx| {
            cx.set(0, EPERM);
            Ok(())
        },
        "os.openFd" | "os.readFd" | "os.writeFd" | "os.writeFdString" | "os.seekFd" | "os.preadFd" | "os.pwriteFd"
        | "os.readlink" | "os.getwd" => |cx| {
            cx.set_words(0, &[0, EPERM]);
            Ok(())
        },
        "os.pipeFds" => |cx| {
            cx.set_words(0, &[0, 0, EPERM]);
            Ok(())
        },
        "os.stat" | "os.statFd" | "os.readDirNames" => |cx| {
            cx.set_words(0, &[0, 0, 0, EPERM]);
            Ok(())
        },
        "os.environ" | "os.lookupEnv" | "os.setEnv" | "os.unsetEnv" | "os.tempName" | "os.executable" => |cx| {
            cx.set_words(0, &[0, 0, 0]);
            Ok(())
        },
        _ => panic!("{name}: does it reach the system?"),
    }
}
