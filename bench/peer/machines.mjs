// Machines of a bench, each a process of its own, on one private DHT.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url))

/** Starts a machine. @returns its jobs, by the names that worker.mjs gives them */
export function startMachine() {
  const child = fork(worker, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    async do(job, options = {}) {
      const over = new AbortController()
      child.send({ job, options })
      const answer = await Promise.race([
        once(child, 'message', over).then(([message]) => message),
        once(child, 'exit', over).then(([code]) => ({ error: `the process ended with ${code}` }))
      ])
      over.abort()
      if (answer.error) throw new Error(`${job}: ${answer.error}`)
      return answer.result
    },
    async stop() {
      if (child.exitCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    }
  }
}
