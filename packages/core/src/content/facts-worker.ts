// The thread that finds facts, see `facts-threads.ts`.
import { parentPort } from 'node:worker_threads'
import type { FactsJob } from './facts-threads.js'
import { fileFacts } from './file-facts.js'
import { packFacts } from './packed-facts.js'

parentPort?.on('message', (job: FactsJob) => {
  const facts = job.map(({ key, kind, bytes }) => [key, fileFacts(kind, bytes)] as const)
  parentPort?.postMessage(JSON.stringify(packFacts(facts)))
})
