(module
  (import "merge" "memory" (memory 1))
  ;; out[i] = sum over k < inputs of weight[k] * input[k][i], in float64, rounded once; for i < count, a multiple of 4.
  ;; $out: float32 addresses; $table: an i32 address for each input; $weights: a float64 for each input. `inputs` > 0.
  (func (export "sum") (param $out i32) (param $table i32) (param $weights i32) (param $inputs i32) (param $count i32)
    (local $at i32) (local $end i32) (local $k i32) (local $lo v128) (local $hi v128) (local $x v128) (local $w v128) (local $tp i32) (local $wp i32) (local $tend i32)
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (local.set $tend (i32.add (local.get $table) (i32.shl (local.get $inputs) (i32.const 2))))
    (block $done
      (loop $elements
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $lo (v128.const i64x2 0 0))
        (local.set $hi (v128.const i64x2 0 0))
        (local.set $tp (local.get $table))
        (local.set $wp (local.get $weights))
        (loop $each
          (local.set $x (v128.load (i32.add (i32.load (local.get $tp)) (local.get $at))))
          (local.set $w (v128.load64_splat (local.get $wp)))
          (local.set $lo (f64x2.add (local.get $lo) (f64x2.mul (f64x2.promote_low_f32x4 (local.get $x)) (local.get $w))))
          (local.set $hi (f64x2.add (local.get $hi) (f64x2.mul (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $x) (local.get $x))) (local.get $w))))
          (local.set $wp (i32.add (local.get $wp) (i32.const 8)))
          (br_if $each (i32.lt_u (local.tee $tp (i32.add (local.get $tp) (i32.const 4))) (local.get $tend))))
        (v128.store (i32.add (local.get $out) (local.get $at))
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (f32x4.demote_f64x2_zero (local.get $lo)) (f32x4.demote_f64x2_zero (local.get $hi))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $elements)))))
