//! Words of other languages, and what to write instead.

/// What to write instead of a word that begins a statement in another language.
pub fn help(word: &str) -> Option<&'static str> {
    Some(match word {
        "while" | "until" | "loop" | "foreach" => {
            "there is one loop keyword: `for cond { … }`, `for { … }`, `for i, x := range xs { … }`"
        }
        "fn" | "def" | "function" | "fun" | "sub" | "proc" => {
            "functions are declared with `func name(a int) int { … }`"
        }
        "let" | "auto" | "val" | "mut" => "variables are declared with `x := value` or `var x T`",
        "elif" | "elsif" | "elseif" => "write `} else if cond {`",
        "class" => "there are no classes: declare `type Name struct { … }` and methods `func (n Name) M() { … }`",
        "enum" => "there are no enums: use `const ( A = iota; B )`",
        "try" | "catch" | "except" | "throw" | "raise" => {
            "there are no exceptions: return an `error`, or use panic and recover"
        }
        "using" | "include" | "require" | "from" => "packages are imported with `import \"path\"`",
        "do" => "there is no do loop: use `for { …; if !cond { break } }`",
        "match" | "when" => "use `switch x { case 1: … }`",
        "async" | "spawn" | "await" => "start a goroutine with `go f()` or `go { … }`",
        "public" | "private" | "static" | "protected" => {
            "a name is exported when it begins with a capital letter; there are no such modifiers"
        }
        "unless" => "write `if !cond { … }`",
        _ => return None,
    })
}
