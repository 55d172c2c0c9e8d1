/** The lines of a source around the place where a build failed. */
export interface SourceLines {
  /** The number of the first line, from 1. */
  first: number
  lines: string[]
  /** Where the marked line has the fault, from 1; null: only the line is known. */
  column: number | null
}
