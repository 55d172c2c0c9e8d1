import { describeIntegration } from '@sitedrive/testing'
import { eleventyDriver } from './support/eleventy-project.js'

describeIntegration('Eleventy', eleventyDriver)
