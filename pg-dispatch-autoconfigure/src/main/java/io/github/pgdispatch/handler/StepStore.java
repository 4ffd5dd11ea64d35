package io.github.pgdispatch.handler;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Where the steps of a job are kept.
 */
public interface StepStore {

	/**
	 * Reads the steps that the job has finished.
	 * @return the results of the steps as JSON by their names; {@code null} stands for a
	 * step that returns nothing
	 */
	Map<String, @Nullable String> read();

	/**
	 * Adds a step in the current transaction, unless the node no longer has the claim on
	 * the job.
	 * @param name the name of the step
	 * @param result its result as JSON; {@code null} if it returns nothing
	 * @return whether the node has the claim
	 */
	boolean add(String name, @Nullable String result);

	/**
	 * Returns what tells the database that has the job from others.
	 * @return the identifier of the database
	 */
	String databaseId();

}
