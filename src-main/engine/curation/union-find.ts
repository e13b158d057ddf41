/** Disjoint sets over 0 … n − 1: union by size, with path halving (Tarjan & van Leeuwen 1984). */
export class UnionFind {
  private readonly parent: Int32Array
  private readonly size: Int32Array

  constructor(n: number) {
    this.parent = Int32Array.from({ length: n }, (_, i) => i)
    this.size = new Int32Array(n).fill(1)
  }

  find(i: number): number {
    const { parent } = this
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!
    return i
  }

  /** Merges two sets; false if they were the same. */
  union(a: number, b: number): boolean {
    let [x, y] = [this.find(a), this.find(b)]
    if (x === y) return false
    if (this.size[x]! < this.size[y]!) [x, y] = [y, x]
    this.parent[y] = x
    this.size[x]! += this.size[y]!
    return true
  }

  /** Sets with at least two members, each in ascending order, sorted by first member. */
  groups(): number[][] {
    const members = new Map<number, number[]>()
    for (let i = 0; i < this.parent.length; i++) {
      const root = this.find(i)
      if (this.size[root] === 1) continue
      const set = members.get(root)
      if (set) set.push(i)
      else members.set(root, [i])
    }
    return [...members.values()]
  }
}
