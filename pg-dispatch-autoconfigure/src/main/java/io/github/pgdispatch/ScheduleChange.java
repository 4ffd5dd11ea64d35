package io.github.pgdispatch;

/**
 * What a declaration or a change of a schedule has done.
 */
public enum ScheduleChange {

	/**
	 * There was no such schedule. It was created.
	 */
	NEW,

	/**
	 * The schedule was like that already.
	 */
	UNCHANGED,

	/**
	 * The schedule was changed.
	 */
	CHANGED,

	/**
	 * The schedule was changed to what the last deployment had replaced. Either that
	 * deployment was taken back, or a node of an older deployment was started again.
	 */
	CHANGED_BACK

}
