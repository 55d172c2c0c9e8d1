// A thread of its own for the checks, so that a publish goes on meanwhile.
import os from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { checkBuild, type BuildToCheck } from './check-build.js'

// What readers wait for goes first. On Linux this is of the thread and those that it starts, elsewhere of the process.
if (process.platform === 'linux') os.setPriority(5)

parentPort?.postMessage(await checkBuild(workerData as BuildToCheck))
