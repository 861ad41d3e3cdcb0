/**
 * ConfigError: one line with place, reason and remedy, with and without a file.
 */

import t from 'tap'
import { ConfigError, formatPath, problemPlace } from '../../../../src/shared/options/problems/config-error.ts'

t.equal(formatPath(['rules', 3, 'match', 'host', 0]), 'rules[3].match.host[0]')
t.equal(formatPath([]), '')

const problem = { path: ['workers'], line: 7, column: 3, reason: 'expected a number, got "x"', remedy: 'see the reference' }
t.equal(new ConfigError([problem], 'soth.yaml').message, 'soth.yaml:7:3: workers: expected a number, got "x"; see the reference')
t.equal(new ConfigError([problem]).message, 'workers: expected a number, got "x"; see the reference')
t.equal(problemPlace({ path: [], reason: '', remedy: '' }, 'f'), 'f')
t.match(new ConfigError([problem], 'soth.yaml'), { path: 'workers', line: 7, column: 3, file: 'soth.yaml', name: 'ConfigError' })
