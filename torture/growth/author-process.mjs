import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('author.mjs', import.meta.url))

/** A long-lived author, see author.mjs. */
export class AuthorProcess {
  #child = fork(SCRIPT)
  #waiting = new Map()
  #ids = 0

  constructor() {
    this.#child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the author's process ended with ${code}`))
    })
  }

  get pid() {
    return this.#child.pid
  }

  do(job, options) {
    return new Promise((resolve, reject) => {
      const id = this.#ids++
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, job, options })
    })
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect()
  }
}
