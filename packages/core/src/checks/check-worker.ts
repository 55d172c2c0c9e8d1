// The thread that runs the checks while a publish goes on.
import os from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { checkBuild, type BuildToCheck } from './check-build.js'

// Readers wait for the publish, so it goes first. On Linux the priority belongs to this thread and the threads that it
// starts; elsewhere it would belong to the whole process.
if (process.platform === 'linux') os.setPriority(5)

parentPort?.postMessage(await checkBuild(workerData as BuildToCheck))
