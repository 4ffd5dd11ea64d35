package io.github.pgdispatch;

/**
 * What has become of a schedule that somebody has described.
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
