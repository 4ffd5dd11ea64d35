package io.github.pgdispatch.handler;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of a node.
 */
public final class Handlers {

	private final Map<String, Handler> byName = new LinkedHashMap<>();

	/**
	 * Creates an instance.
	 * @param handlers the handlers of the node
	 * @throws PgDispatchConfigurationException if two handlers have the same name
	 */
	public Handlers(Collection<Handler> handlers) {
		for (Handler handler : handlers) {
			Handler other = this.byName.put(handler.name(), handler);
			if (other != null) {
				throw new PgDispatchConfigurationException(
						"Two methods have the handler name '" + handler.name() + "': " + other + " and " + handler
								+ ".",
						"Give one of them another name: @AfterCommitDispatch(name = \"…\"). Jobs are stored under the name of"
								+ " their handler. Do not rename the one that may have waiting jobs.");
			}
		}
	}

	/**
	 * Returns a handler.
	 * @param name the name of the handler
	 * @return the handler, or {@code null} if the node does not have it
	 */
	public @Nullable Handler get(String name) {
		return this.byName.get(name);
	}

	/**
	 * Returns the names of all handlers.
	 * @return the names of the handlers
	 */
	public Set<String> names() {
		return this.byName.keySet();
	}

	/**
	 * Returns all handlers.
	 * @return the handlers of the node
	 */
	public Collection<Handler> all() {
		return this.byName.values();
	}

}
