//! How far apart two colours look, to people with usual colour vision and to others.
//!
//! Red-green blindness is simulated after Machado, Oliveira and Fernandes, "A Physiologically-based
//! Model for Simulation of Color Vision Deficiency" (IEEE TVCG 15, 2009), table of severity 1.0, on
//! linear RGB. Distances are those of CIE 1976 L*a*b* under D65.

use arcadia::tui::theme::color::linear;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Eyes {
    /// Someone with usual colour vision.
    Usual,
    /// Someone without the cones for long waves.
    Protanopia,
    /// Someone without the cones for middle waves.
    Deuteranopia,
}

type Matrix = [[f64; 3]; 3];

const PROTANOPIA: Matrix = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];

const DEUTERANOPIA: Matrix = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

/// From linear sRGB to XYZ (IEC 61966-2-1).
const XYZ: Matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];

/// The white of D65.
const WHITE: [f64; 3] = [0.9505, 1.0, 1.089];

/// How far apart two colours look.
pub(crate) fn distance(one: [u8; 3], other: [u8; 3], eyes: Eyes) -> f64 {
    let (one, other) = (lab(one, eyes), lab(other, eyes));
    one.into_iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
}

fn lab(rgb: [u8; 3], eyes: Eyes) -> [f64; 3] {
    let light = rgb.map(linear);
    let seen = match eyes {
        Eyes::Usual => light,
        Eyes::Protanopia => product(&PROTANOPIA, light).map(|part| part.clamp(0.0, 1.0)),
        Eyes::Deuteranopia => product(&DEUTERANOPIA, light).map(|part| part.clamp(0.0, 1.0)),
    };
    let [x, y, z] = product(&XYZ, seen);
    let [x, y, z] = [x / WHITE[0], y / WHITE[1], z / WHITE[2]].map(root);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn root(share: f64) -> f64 {
    if share > 0.008_856 { share.cbrt() } else { 7.787 * share + 16.0 / 116.0 }
}

fn product(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.into_iter().zip(vector).map(|(one, other)| one * other).sum())
}

#[test]
fn known_distances_come_out() {
    let black_white = distance([0; 3], [255; 3], Eyes::Usual);
    assert!((black_white - 100.0).abs() < 0.1, "{black_white}");
    let (red, green) = ([255, 0, 0], [0, 255, 0]);
    let [usual, deutan] = [Eyes::Usual, Eyes::Deuteranopia].map(|eyes| distance(red, green, eyes));
    assert!((usual - 170.6).abs() < 0.5 && deutan < usual / 2.0, "{usual} {deutan}");
}
