package io.github.pgdispatch.samples.benchmark.contender;

import org.springframework.modulith.events.Externalized;

/**
 * An event that is sent to a broker.
 *
 * @param number of the job
 */
@Externalized("numbers::#{number()}")
public record NumberSent(long number) {

}
