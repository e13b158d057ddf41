(module
  (import "merge" "memory" (memory 1))
  ;; out[i] = sum over k < inputs of weight[k] * input[k][i], in float64, rounded once; for i < count, a multiple of 8.
  ;; $out: float32 addresses; $table: an i32 address for each input; $weights: a float64 for each input. `inputs` > 0.
  ;; Returns 1 if any of out is NaN or infinite: then, and only then, x - x is NaN.
  (func (export "sum") (param $out i32) (param $table i32) (param $weights i32) (param $inputs i32) (param $count i32) (result i32)
    (local $at i32) (local $end i32) (local $x i32) (local $tp i32) (local $wp i32) (local $tend i32)
    (local $w v128) (local $y v128) (local $odd v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (local.set $tend (i32.add (local.get $table) (i32.shl (local.get $inputs) (i32.const 2))))
    (block $done
      (loop $elements
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $a (v128.const i64x2 0 0))
        (local.set $b (v128.const i64x2 0 0))
        (local.set $c (v128.const i64x2 0 0))
        (local.set $d (v128.const i64x2 0 0))
        (local.set $tp (local.get $table))
        (local.set $wp (local.get $weights))
        (loop $each
          (local.set $x (i32.add (i32.load (local.get $tp)) (local.get $at)))
          (local.set $w (v128.load64_splat (local.get $wp)))
          (local.set $a (f64x2.add (local.get $a) (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero offset=0 (local.get $x))) (local.get $w))))
          (local.set $b (f64x2.add (local.get $b) (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))) (local.get $w))))
          (local.set $c (f64x2.add (local.get $c) (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x))) (local.get $w))))
          (local.set $d (f64x2.add (local.get $d) (f64x2.mul (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x))) (local.get $w))))
          (local.set $wp (i32.add (local.get $wp) (i32.const 8)))
          (br_if $each (i32.lt_u (local.tee $tp (i32.add (local.get $tp) (i32.const 4))) (local.get $tend))))
        (local.set $y (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
          (f32x4.demote_f64x2_zero (local.get $a)) (f32x4.demote_f64x2_zero (local.get $b))))
        (v128.store offset=0 (i32.add (local.get $out) (local.get $at)) (local.get $y))
        (local.set $odd (v128.or (local.get $odd) (f32x4.ne (local.tee $y (f32x4.sub (local.get $y) (local.get $y))) (local.get $y))))
        (local.set $y (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
          (f32x4.demote_f64x2_zero (local.get $c)) (f32x4.demote_f64x2_zero (local.get $d))))
        (v128.store offset=16 (i32.add (local.get $out) (local.get $at)) (local.get $y))
        (local.set $odd (v128.or (local.get $odd) (f32x4.ne (local.tee $y (f32x4.sub (local.get $y) (local.get $y))) (local.get $y))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $elements)))
    (v128.any_true (local.get $odd))))
