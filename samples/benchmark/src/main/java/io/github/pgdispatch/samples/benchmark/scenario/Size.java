package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;

import io.github.pgdispatch.samples.benchmark.measure.Clients;
import io.github.pgdispatch.samples.benchmark.measure.Rounds;

/**
 * How much is measured.
 *
 * @param repetitions how often each is measured
 * @param slice for how long at a time, where something is done at full speed
 * @param part of what the full benchmark has many of, 1 for all
 */
public record Size(int repetitions, Duration slice, double part) {

	/**
	 * As the targets are meant.
	 */
	public static final Size FULL = new Size(5, Duration.ofSeconds(5), 1);

	/**
	 * For a first look.
	 */
	public static final Size SHORT = new Size(3, Duration.ofSeconds(2), 0.1);

	private static final int CLIENTS = 8;

	/**
	 * A part of a number.
	 * @param full the number of the full benchmark
	 * @return how many there are here
	 */
	public int of(int full) {
		return (int) Math.ceil(full * this.part);
	}

	Rounds rounds() {
		return new Rounds(this.repetitions);
	}

	static Clients clients() {
		return new Clients(CLIENTS);
	}

}
