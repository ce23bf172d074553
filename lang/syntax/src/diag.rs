//! Diagnostics as plain data, and the catalogue of their codes.
//!
//! Every code has a page in `lang/syntax/errors` that teaches it; a missing page does not compile, and the tests run its
//! two programs.
//!
//! A pass that finds a mistake makes a [`Diagnostic`]; only the binary renders one. The catalogue is the one list of codes:
//! `gol explain`, the tests and the passes read it. Ranges: E00xx lexical, E01xx syntax, E02xx syntax rules that the
//! grammar leaves open, E03xx names and declarations, E04xx types and operands, E05xx statements, E06xx constants,
//! E07xx packages and programs, E09xx not in gol yet, W0xxx warnings.

use crate::span::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// A mistake in a program, found before it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// One line, in the words of the language, as Go's compiler words it where it has such a message.
    pub message: String,
    /// The smallest piece of text that is wrong.
    pub span: Span,
    /// What is said at that piece in the picture; may be empty.
    pub label: String,
    /// Other places that matter, each with what is said there.
    pub related: Vec<(Span, String)>,
    /// A way out.
    pub help: Option<String>,
    /// The text ended too early: at the prompt, more lines may complete it.
    pub incomplete: bool,
}

impl Diagnostic {
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            related: vec![],
            help: None,
            incomplete: false,
        }
    }
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.push((span, text.into()));
        self
    }
}

/// One row a code: variant, its text, its title. A code stands for one kind of mistake, not for one place in our source.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $title:literal;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }
        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// `E0301`.
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
            /// What kind of mistake it is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }
            /// What `gol explain` shows: the rule, a program that breaks it and one that keeps it, as Markdown.
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../errors/", $text, ".md")),)* }
            }
        }
    };
}

codes! {
    // ---- lexical
    InvalidChar "E0001" "a character that has no place in a program";
    InvalidText "E0002" "a file that is not UTF-8 text";
    Unterminated "E0003" "a comment, string or rune literal without its end";
    InvalidEscape "E0004" "a backslash with something that is no escape";
    InvalidRune "E0005" "single quotes around something that is not one character";
    InvalidNumber "E0006" "a malformed number";
    InvalidInterp "E0007" "a malformed interpolated string";
    InvalidDirective "E0008" "a line directive without a line number";
    // ---- syntax
    Syntax "E0101" "the text does not follow the grammar";
    UnexpectedEnd "E0102" "the text ends too early";
    Unclosed "E0103" "a bracket that is never closed";
    ForeignWord "E0104" "a word of another language";
    TooDeep "E0105" "the program is nested too deeply";
    // ---- rules that the grammar leaves open
    NotHere "E0201" "a statement or declaration in a place where it cannot stand";
    ImportOrder "E0202" "an import or package clause out of order";
    HeaderValue "E0203" "a statement where a condition must be";
    NotCall "E0204" "go or defer without a call";
    ParamList "E0205" "a parameter list that mixes named and unnamed, or misplaces ...";
    Receiver "E0206" "a method without a receiver, or with several";
    LiteralType "E0207" "a composite literal of something that is no type";
    SliceIndex "E0208" "a slice expression of three indices without all of them";
    OpenArray "E0209" "[...] outside a composite literal";
    TypeGuard "E0210" ".(type) outside a type switch";
    ClauseForm "E0211" "a case that does not fit its switch or select";
    TwoDefaults "E0212" "a switch or select with several defaults";
    NotName "E0213" "something other than a name on the left of :=";
    RangeVars "E0214" "too many variables in a range clause";
    Label "E0215" "a label that is unused, missing or defined twice";
    Goto "E0216" "a goto into a block or over a variable declaration";
    Branch "E0217" "break or continue outside what they leave";
    Fallthrough "E0218" "fallthrough where it cannot stand";
    // ---- names and declarations
    Undefined "E0301" "a name that is not declared";
    Redeclared "E0302" "a name that is declared twice in a block";
    UnusedVar "E0303" "a variable that is declared and not used";
    UnusedImport "E0304" "an import that is not used";
    NoNewVars "E0305" "`:=` without a new variable on its left side";
    InvalidRecursive "E0306" "a type that contains itself";
    InitCycle "E0307" "a declaration that depends on itself";
    NotExported "E0308" "a name that another package keeps to itself";
    NoMember "E0309" "a field or method that the type does not have";
    DuplicateMember "E0310" "a field or method that is declared twice";
    BadReceiver "E0311" "a type that cannot have methods";
    BadMain "E0312" "main or init with a wrong declaration";
    NotType "E0313" "something that is not a type where a type is needed";
    NotExpr "E0314" "something that is not a value where a value is needed";
    BadBlank "E0315" "the blank identifier used as a value";
    MissingBody "E0316" "a function without a body";
    BadPkgUse "E0317" "a package name without a selector";
    // ---- types and operands
    Mismatch "E0401" "a value of the wrong type";
    OpMismatch "E0402" "operands of different types";
    BadOperand "E0403" "an operator that its operand's type does not have";
    NotCallable "E0404" "a call of something that is not a function";
    ArgCount "E0405" "a wrong number of arguments";
    ValueCount "E0406" "a wrong number of values";
    NotIndexable "E0407" "an index or slice of something that has none";
    BadIndex "E0408" "an index that is out of range or not an integer";
    BadConversion "E0409" "a conversion that does not exist";
    ImpossibleAssert "E0410" "a type assertion that can never hold";
    BadLiteral "E0411" "a composite literal that does not fit its type";
    NotAddressable "E0412" "an address of something that has none";
    NotAssignable "E0413" "an assignment to something that is not a variable";
    BadBuiltin "E0414" "a wrong use of a predeclared function";
    BadDots "E0415" "a misplaced `...`";
    BadChanOp "E0416" "a channel operation that the channel does not have";
    NotComparable "E0417" "a comparison of values that cannot be compared";
    NoValue "E0418" "a call without result used as a value";
    AmbiguousMember "E0419" "a field or method that is found twice at the same depth";
    BadMapKey "E0420" "a map key type that cannot be compared";
    BadNil "E0421" "nil without a type to be nil of";
    BadRange "E0422" "a range over something that cannot be ranged over";
    BadShift "E0423" "a shift with a wrong operand";
    BadEmbed "E0424" "a type that cannot be embedded";
    UncalledBuiltin "E0425" "a predeclared function that is not called";
    BadTypeArg "E0426" "a type argument that does not satisfy its constraint";
    TypeArgCount "E0427" "a wrong number of type arguments";
    CannotInfer "E0428" "type arguments that cannot be inferred";
    NotInstantiated "E0429" "a generic function or type without type arguments";
    BadConstraint "E0430" "a wrong constraint, or a constraint used as a type";
    InstanceCycle "E0431" "instances that need ever larger instances";
    ChanElem "E0432" "a channel of elements that are too large";
    // ---- statements
    MissingReturn "E0501" "a function that can end without a return";
    UnusedValue "E0502" "a value that is computed and not used";
    DuplicateCase "E0503" "a case that stands twice";
    BadCondition "E0504" "a condition that is not boolean";
    BadDefer "E0507" "go or defer of a call that only computes a value";
    BadTypeSwitch "E0508" "a type switch that is not one";
    BadReturn "E0510" "a return that does not fit its function";
    // ---- constants
    ConstOverflow "E0601" "a constant that its type cannot hold";
    ConstTruncated "E0602" "a constant that would lose its fraction";
    DivByZero "E0603" "a division by a constant zero";
    NotConstant "E0604" "a value that is not constant where a constant is needed";
    ConstInit "E0605" "a constant declaration without a value";
    // ---- packages and programs
    NoPackage "E0701" "an import of a package that does not exist";
    ImportCycle "E0702" "packages that import each other";
    NoMain "E0703" "a program without func main";
    PackageClause "E0704" "files of one folder that are not of one package";
    BadImport "E0705" "an import of a package that may not be imported here";
    // ---- not yet
    NotYet "E0901" "a part of the language that gol does not have yet";
    NotInPackage "E0902" "a part of a standard package that gol does not have yet";
    Unsafe "E0903" "a use of package unsafe that would break memory safety";
    // ---- warnings
    WarnUnusedVar "W0001" "a variable of a script that is not used";
    WarnUnusedImport "W0002" "an import of a script that is not used";
}
