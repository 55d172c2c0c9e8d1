import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'

const NAMES = [
  'about',
  'Über uns',
  'a b',
  'c#d',
  '100%',
  'posts/one',
  'posts/two',
  'deep/er/est',
  'img/boat',
  '日本'
]

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

/** One string for all paths and bytes of a site. @param {Map<string, string>} hashes by path */
export function digestOf(hashes) {
  return sha256([...hashes].toSorted(([one], [other]) => (one < other ? -1 : 1)).join('\n'))
}

/** A folder that a build writes. */
export class SiteFolder {
  #dir
  #random
  #count = 0

  constructor(dir, random) {
    this.#dir = dir
    this.#random = random
    this.#write('index.html', '<h1>The first page</h1>')
  }

  /** @returns {Map<string, string>} the sha256 of each file, by its path in the site */
  hashes() {
    return new Map(this.#paths().map((name) => [name, sha256(readFileSync(path.join(this.#dir, name)))]))
  }

  /** Changes, adds, renames, copies or removes some files. */
  build() {
    const steps = this.#random.between(1, 4)
    for (let step = 0; step < steps; step++) this.#change()
    // No two builds are the same, so that it is known which of them a reader sees.
    this.#write('index.html', `<h1>Build ${++this.#count} of ${path.basename(path.dirname(this.#dir))}</h1>`)
  }

  #change() {
    const random = this.#random
    const others = this.#paths().filter((name) => name !== 'index.html')
    const deed = random.pickByWeight(
      others.length < 4
        ? { add: 1 }
        : { add: 4, edit: 4, rename: 2, copy: 2, remove: others.length > 12 ? 4 : 1 }
    )
    if (deed === 'add') return this.#write(this.#newName(), this.#content())
    const name = random.pick(others)
    if (deed === 'edit') return this.#write(name, this.#content())
    if (deed === 'remove') return rmSync(path.join(this.#dir, name))
    const to = path.join(this.#dir, this.#newName())
    mkdirSync(path.dirname(to), { recursive: true })
    if (deed === 'rename') renameSync(path.join(this.#dir, name), to)
    else copyFileSync(path.join(this.#dir, name), to)
  }

  #newName() {
    return `${this.#random.pick(NAMES)}-${this.#random.between(0, 999)}.${this.#random.pick(['html', 'bin', 'css'])}`
  }

  #content() {
    const size = this.#random.pickByWeight({ small: 12, middle: 5, large: 2, empty: 1 })
    if (size === 'empty') return ''
    if (size === 'small')
      return `<p>${this.#random.bytes(this.#random.between(1, 1_000)).toString('hex')}</p>`
    return this.#random.bytes(
      this.#random.between(...(size === 'middle' ? [2_000, 200_000] : [300_000, 3_000_000]))
    )
  }

  #write(name, content) {
    const file = path.join(this.#dir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }

  #paths() {
    return readdirSync(this.#dir, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile())
      .map((item) => path.relative(this.#dir, path.join(item.parentPath, item.name)))
  }
}
