// A thread of its own for the search, which goes on while the store is opened.
import { parentPort, workerData } from 'node:worker_threads'
import { searchFiles, type FilesToSearch } from './search-files.js'

parentPort?.postMessage(await searchFiles(workerData as FilesToSearch))
