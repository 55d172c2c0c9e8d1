// A thread of its own for the checks, so that a publish goes on meanwhile.
import { parentPort, workerData } from 'node:worker_threads'
import { checkBuild, type BuildToCheck } from './check-build.js'

parentPort?.postMessage(await checkBuild(workerData as BuildToCheck))
