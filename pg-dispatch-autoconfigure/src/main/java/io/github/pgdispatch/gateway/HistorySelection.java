package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Criteria that ended jobs have to meet. A criterion that is {@code null} is met by all
 * jobs.
 *
 * @param kind {@code sql} or {@code handler}
 * @param name the handler, or the label of a SQL job
 * @param queue the queue of the job
 * @param outcome of the job, in lower case
 * @param before the end of the last job of the page before, as the database wrote it
 * @param beforeId the id of that job
 * @param limit maximum number of jobs
 */
public record HistorySelection(@Nullable String kind, @Nullable String name, @Nullable String queue,
		@Nullable String outcome, String before, long beforeId, int limit) {

}
