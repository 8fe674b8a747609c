//! Arithmetic over slices in one pass, compiled for the widest vectors that the processor has.
//!
//! Candle's own pieces take three or four passes, allocate for each, and use the narrowest vectors; together they cost more
//! than the matrix products. [`pulp`] picks the compiled variant at run time; every function here is plain arithmetic that
//! the compiler vectorises.

use pulp::{Simd, WithSimd};

/// Partial sums or maxima side by side: the compiler may not reorder a float sum by itself.
const LANES: usize = 16;

/// a * b + c, in one operation where the processor has it: a function of the C library in its place would be slow.
#[inline(always)]
fn sum<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// e^x by range reduction and a polynomial; relative error below 3e-7 on [-87, 88], clamped outside.
#[inline(always)]
fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = sum::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    // ln 2 in two parts, so that the product with a whole number is exact (Cody and Waite).
    let rest = sum::<FUSED>(whole, -0.693_359_4, x);
    let rest = sum::<FUSED>(whole, 2.121_944_4e-4, rest);
    let y = sum::<FUSED>(rest, 1.0 / 5040.0, 1.0 / 720.0);
    let y = sum::<FUSED>(rest, y, 1.0 / 120.0);
    let y = sum::<FUSED>(rest, y, 1.0 / 24.0);
    let y = sum::<FUSED>(rest, y, 1.0 / 6.0);
    let y = sum::<FUSED>(rest, y, 0.5);
    let y = sum::<FUSED>(rest, y, 1.0);
    let y = sum::<FUSED>(rest, y, 1.0);
    let power = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(127)
        << 23;
    y * f32::from_bits(power)
}

/// x/2 * (1 + erf(x/sqrt 2)).
///
/// erf as a quotient of polynomials on [-4, 4], beyond which it is 1 in f32 (the coefficients of the library Eigen).
#[inline(always)]
fn gelu<const FUSED: bool>(x: f32) -> f32 {
    let z = (x * std::f32::consts::FRAC_1_SQRT_2).clamp(-4.0, 4.0);
    let square = z * z;
    let top = sum::<FUSED>(square, -2.726_142_3e-10, 2.770_681_4e-8);
    let top = sum::<FUSED>(square, top, -2.101_024e-6);
    let top = sum::<FUSED>(square, top, -5.692_506_3e-5);
    let top = sum::<FUSED>(square, top, -7.349_906_3e-4);
    let top = sum::<FUSED>(square, top, -2.954_6e-3);
    let top = sum::<FUSED>(square, top, -1.609_603_3e-2);
    let bottom = sum::<FUSED>(square, -1.456_607_2e-5, -2.133_740_6e-4);
    let bottom = sum::<FUSED>(square, bottom, -1.682_827e-3);
    let bottom = sum::<FUSED>(square, bottom, -7.373_329_2e-3);
    let bottom = sum::<FUSED>(square, bottom, -1.426_474e-2);
    0.5 * x * (1.0 + z * top / bottom)
}

/// What is done to the rows of a matrix, in place.
pub(super) enum Kernel<'a> {
    /// gelu(row)
    Gelu,
    /// max(row, 0)
    Relu,
    /// e^row / sum
    Softmax,
    /// Normalised row + residual, scaled and shifted.
    Norm {
        residual: &'a [f32],
        scale: &'a [f32],
        shift: &'a [f32],
        eps: f32,
    },
}

/// Runs a kernel over `rows`, which hold `width` numbers each. `Norm` takes its residual row by row from the same place.
pub(super) fn run(rows: &mut [f32], width: usize, kernel: &Kernel<'_>) {
    pulp::Arch::new().dispatch(Run {
        rows,
        width,
        kernel,
    });
}

struct Run<'a, 'k> {
    rows: &'a mut [f32],
    width: usize,
    kernel: &'a Kernel<'k>,
}

impl WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if S::IS_SCALAR {
            self.rows::<false>();
        } else {
            self.rows::<true>();
        }
    }
}

impl Run<'_, '_> {
    #[inline(always)]
    fn rows<const FUSED: bool>(self) {
        // Loops all the way down: a closure handed to the standard library is compiled for the narrowest vectors.
        let width = self.width.max(1);
        let rows = self.rows.chunks_exact_mut(width);
        match self.kernel {
            Kernel::Gelu => {
                for row in rows {
                    for x in row {
                        *x = gelu::<FUSED>(*x);
                    }
                }
            }
            Kernel::Relu => {
                for row in rows {
                    for x in row {
                        *x = x.max(0.0);
                    }
                }
            }
            Kernel::Softmax => {
                for row in rows {
                    softmax::<FUSED>(row);
                }
            }
            Kernel::Norm {
                residual,
                scale,
                shift,
                eps,
            } => {
                for (row, residual) in rows.zip(residual.chunks_exact(width)) {
                    for (x, residual) in row.iter_mut().zip(residual) {
                        *x += residual;
                    }
                    norm(row, scale, shift, *eps);
                }
            }
        }
    }
}

#[inline(always)]
fn softmax<const FUSED: bool>(row: &mut [f32]) {
    let top = fold(
        row,
        f32::NEG_INFINITY,
        |x| x,
        |a, b| if a > b { a } else { b },
    );
    let mut sums = [0.0; LANES];
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *x = exp::<FUSED>(*x - top);
            *sum += *x;
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *x = exp::<FUSED>(*x - top);
        *sum += *x;
    }
    let factor = 1.0 / fold(&sums, 0.0, |x| x, |a, b| a + b);
    for x in row.iter_mut() {
        *x *= factor;
    }
}

#[inline(always)]
fn norm(row: &mut [f32], scale: &[f32], shift: &[f32], eps: f32) {
    let part = 1.0 / row.len() as f32;
    let mean = part * fold(row, 0.0, |x| x, |a, b| a + b);
    let variance = part * fold(row, 0.0, |x| (x - mean) * (x - mean), |a, b| a + b);
    let factor = 1.0 / (variance + eps).sqrt();
    for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
        *x = (*x - mean) * factor * scale + shift;
    }
}

#[inline(always)]
fn fold(row: &[f32], start: f32, map: impl Fn(f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, map(*x));
        }
    }
    // By halves: one after the other would take longer than all before it in a short row.
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    let mut sum = lanes[0];
    for x in rest {
        sum = join(sum, map(*x));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for step in -8_700..8_800 {
            let x = step as f32 / 100.0;
            let wanted = x.exp();
            for found in [exp::<true>(x), exp::<false>(x)] {
                assert!((found - wanted).abs() <= 4e-7 * wanted, "{x}");
            }
        }
        assert!(exp::<true>(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn gelu_is_the_exact_one() {
        // From torch.nn.functional.gelu, float64.
        for (x, wanted) in [
            (-6.0, -5.919_525e-9),
            (-1.0, -0.158_655_25),
            (-0.1, -0.046_017_22),
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (3.0, 2.995_950_3),
            (30.0, 30.0),
        ] {
            for found in [gelu::<true>(x), gelu::<false>(x)] {
                let bound = 4e-7 * x.abs().max(1.0);
                assert!((found - wanted).abs() < bound, "{x}: {found}");
            }
        }
    }

    #[test]
    fn a_softmax_sums_to_one_however_large_the_numbers() {
        let mut row: Vec<f32> = (0..37).map(|x| x as f32 * 1e4 - 2e5).collect();
        run(&mut row, 37, &Kernel::Softmax);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((row[36] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_normalised_row_has_mean_zero_and_variance_one() {
        let mut row: Vec<f32> = (0..50).map(|x| (x * x % 17) as f32).collect();
        let (zero, one) = (vec![0.0; 50], vec![1.0; 50]);
        let kernel = Kernel::Norm {
            residual: &zero,
            scale: &one,
            shift: &zero,
            eps: 1e-12,
        };
        run(&mut row, 50, &kernel);
        assert!((row.iter().sum::<f32>()).abs() < 1e-4);
        assert!((row.iter().map(|x| x * x).sum::<f32>() / 50.0 - 1.0).abs() < 1e-4);
    }
}
