// Run before each test file: modules are loaded once for many.
import { afterAll } from 'vitest'
import { undoAll } from './later.js'

afterAll(undoAll)
