package io.github.pgdispatch.annotation;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.Schedule;

/**
 * A schedule that an annotation declares.
 *
 * @param name the name of the schedule
 * @param schedule its due times
 * @param dispatch what its jobs do
 * @param database the name of the {@code DataSource} in whose database it is; empty if
 * the annotation names none
 * @param method the annotated method, for messages
 */
public record DeclaredSchedule(String name, Schedule schedule, Dispatch dispatch, String database, String method) {

}
