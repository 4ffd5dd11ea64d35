package io.github.pgdispatch.gateway;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Criteria that waiting and running jobs have to meet. A criterion that is {@code null}
 * is met by all jobs.
 *
 * @param kind {@code sql} or {@code handler}
 * @param name the handler, or the label of a SQL job
 * @param queue the queue of the job
 * @param state of the job, in lower case
 * @param ids of the jobs
 * @param afterPlace the place of the last job of the page before, as the database wrote
 * it
 * @param afterId the id of that job
 * @param limit maximum number of jobs
 */
public record JobSelection(@Nullable String kind, @Nullable String name, @Nullable String queue, @Nullable String state,
		@Nullable List<Long> ids, String afterPlace, long afterId, int limit) {

}
