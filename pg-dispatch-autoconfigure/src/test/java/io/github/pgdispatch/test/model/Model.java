package io.github.pgdispatch.test.model;

import java.util.List;

/**
 * Who does what at the same time, step by step. A step is whatever nobody else can come
 * between.
 *
 * @param <S> all that there is at one moment, compared by value
 */
public interface Model<S> {

	/**
	 * Tells what may come next if nothing is lost.
	 */
	List<S> steps(S state);

	/**
	 * Tells what may come next if something is lost, which need never happen.
	 */
	List<S> losses(S state);

	/**
	 * Tells whether nothing is left to do.
	 */
	boolean isIdle(S state);

}
