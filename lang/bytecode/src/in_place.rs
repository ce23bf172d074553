//! Natives that are called in place (`CallD`, `CallD2`): they read their arguments where these lie and answer in one word or two. The
//! compiler calls what these lists name in no other way, and the machine takes nothing else under these names.

/// Those that write words of the buffer that their first argument leads to; sorted.
pub const ON_BUFFERS: &[&str] = &[
    "bufio.ahead",
    "bufio.nextByte",
    "bufio.nextLine",
    "bufio.nextRune",
    "bufio.put",
    "bufio.skip",
    "bytes.nextByte",
    "bytes.nextRune",
];

/// Those that write no memory, sorted.
pub const IN_PLACE: &[&str] = &[
    "bytes.Compare",
    "bytes.Contains",
    "bytes.Equal",
    "bytes.HasPrefix",
    "bytes.HasSuffix",
    "bytes.Index",
    "bytes.IndexByte",
    "bytes.cutBounds",
    "bytes.cutLeft",
    "bytes.cutRight",
    "bytes.spaceBounds",
    "math.Acos",
    "math.Asin",
    "math.Atan",
    "math.Atan2",
    "math.Cbrt",
    "math.Copysign",
    "math.Cos",
    "math.Cosh",
    "math.Exp",
    "math.Exp2",
    "math.Expm1",
    "math.Float32bits",
    "math.Float32frombits",
    "math.Float64bits",
    "math.Float64frombits",
    "math.Hypot",
    "math.Log",
    "math.Log10",
    "math.Log1p",
    "math.Log2",
    "math.Max",
    "math.Min",
    "math.Mod",
    "math.Pow",
    "math.Remainder",
    "math.Round",
    "math.RoundToEven",
    "math.Sin",
    "math.Sinh",
    "math.Tan",
    "math.Tanh",
    "math/bits.LeadingZeros64",
    "math/bits.Mul64",
    "math/bits.OnesCount64",
    "math/bits.Reverse64",
    "math/bits.ReverseBytes64",
    "math/bits.TrailingZeros64",
    "math/bits.div64",
    "strconv.parseFloat",
    "strconv.parseInt",
    "strconv.parseUint",
    "strings.Compare",
    "strings.Contains",
    "strings.ContainsRune",
    "strings.Count",
    "strings.EqualFold",
    "strings.HasPrefix",
    "strings.HasSuffix",
    "strings.Index",
    "strings.IndexByte",
    "strings.IndexRune",
    "strings.LastIndex",
    "strings.LastIndexByte",
    "strings.cutBounds",
    "strings.cutLeft",
    "strings.cutRight",
    "strings.spaceBounds",
    "unicode.IsDigit",
    "unicode.IsLetter",
    "unicode.IsLower",
    "unicode.IsNumber",
    "unicode.IsPunct",
    "unicode.IsSpace",
    "unicode.IsUpper",
    "unicode.ToLower",
    "unicode.ToUpper",
    "unicode/utf8.DecodeLastRune",
    "unicode/utf8.DecodeLastRuneInString",
    "unicode/utf8.DecodeRune",
    "unicode/utf8.DecodeRuneInString",
    "unicode/utf8.FullRune",
    "unicode/utf8.RuneCount",
    "unicode/utf8.RuneCountInString",
    "unicode/utf8.Valid",
    "unicode/utf8.ValidString",
];

/// The native is one of them.
pub fn is_in_place(name: &str) -> bool {
    only_reads(name) || ON_BUFFERS.binary_search(&name).is_ok()
}

/// It is one that writes no memory.
pub fn only_reads(name: &str) -> bool {
    IN_PLACE.binary_search(&name).is_ok()
}

/// Arguments that such a native may have.
pub const ARGS: usize = 3;
/// Bits for the words of an argument.
const BITS: usize = 2;

/// How many words arguments have (3 at most) in one number; `None` when there are more, or more arguments than three.
pub fn shape(args: &[u32]) -> Option<u16> {
    let fits = args.len() <= ARGS && args.iter().all(|&n| n < 1 << BITS);
    fits.then(|| args.iter().enumerate().fold(0, |all, (k, &n)| all | (n as u16) << (BITS * k)))
}

/// Words of argument `k` by a shape.
pub fn words(shape: u16, k: usize) -> usize {
    (shape >> (BITS * k)) as usize & ((1 << BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(IN_PLACE.is_sorted() && is_in_place(IN_PLACE[0]) && !is_in_place("strings.Fields"));
        assert!(ON_BUFFERS.is_sorted() && ON_BUFFERS.iter().all(|name| is_in_place(name) && !only_reads(name)));
    }

    #[test]
    fn shapes_tell_their_words() {
        let s = shape(&[3, 1]).expect("small");
        assert_eq!([0, 1, 2].map(|k| words(s, k)), [3, 1, 0]);
        assert_eq!((shape(&[4]), shape(&[1, 1, 1, 1])), (None, None));
    }
}
